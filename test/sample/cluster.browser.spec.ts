import { once } from 'node:events';
import { connect } from 'node:net';
import { jest } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { CHROMIUM, launchChromium } from '../support/chromium.js';
import { describeWith } from '../support/requirements.js';
import { describeWithPrivateServers, describeWithServer } from '../support/servers.js';
import { runSample, type RunningSample } from './run-sample.js';

// A browser on a busy machine is slow: this limit ends only a test that has stopped.
jest.setTimeout(120_000);

const MAIN = '02-redis-cluster-of-apps/src/main.js';
const BOTH = ['app-1', 'app-2'];

describeWithServer('redis', 'sample 02 on Redis', (url) => describeCluster('redis', url));
describeWithServer('postgres', 'sample 02 on PostgreSQL', (url) => describeCluster('postgres', url));

function describeCluster(store: string, storeUrl: string): void {
  describeWith(CHROMIUM, 'in a browser', () => {
    let cluster: RunningSample;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;

    const start = () => runSample({ PORT: '0', STORE: store, SESSION_STORE_URL: storeUrl }, MAIN);
    beforeAll(async () => {
      [cluster, browser] = await Promise.all([start(), launchChromium()]);
    });
    afterAll(async () => {
      await browser?.close();
      await cluster?.kill('SIGTERM');
    });
    beforeEach(async () => {
      context = await browser.newContext({ baseURL: cluster.url });
      page = await context.newPage();
      await page.goto('/');
    });
    afterEach(() => context.close());

    const servedBy = (tab = page) => tab.locator('[data-served-by]').textContent();
    const visits = async (tab = page) => Number(await tab.locator('[data-visits]').textContent());
    const person = (tab = page) => tab.locator('[data-person]').textContent();
    const amountOf = (good: string) => page.locator(`[data-good="${good}"]`).textContent();
    const press = async (name: string, tab = page) => {
      const loaded = tab.waitForEvent('load');
      await tab.getByRole('button', { name }).click();
      await loaded;
    };

    it('is served by both processes in turn and keeps the login', async () => {
      await press('Log in as Ada Lovelace');
      const servers: unknown[] = [];
      for (let load = 0; load < 4; load += 1) {
        await page.reload();
        servers.push(await servedBy());
        expect(await person()).toBe('Ada Lovelace');
      }
      expect(servers.slice(0, 2).sort()).toEqual(BOTH);
      expect(servers.slice(2)).toEqual(servers.slice(0, 2));
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/on (Express|Fastify)$/);
    });

    it('counts 20 loads in turn and further concurrent loads exactly', async () => {
      for (let load = 2; load <= 20; load += 1) {
        await page.reload();
        expect(await visits()).toBe(load);
      }
      const tabs = await Promise.all(Array.from({ length: 6 }, () => context.newPage()));
      await Promise.all(tabs.map((tab) => tab.goto('/')));
      await page.reload();
      expect(await visits()).toBe(27);
    });

    it('keeps what two tabs add to the cart concurrently on different processes', async () => {
      const other = await context.newPage();
      await other.goto('/');
      const servers = new Set<string | undefined>();
      for (let round = 1; round <= 5; round += 1) {
        await Promise.all([press('Add Tea'), press('Add Coffee', other)]);
        await Promise.all([press('Add Biscuits'), press('Add Biscuits', other)]);
        for (const tab of [page, other]) servers.add((await servedBy(tab)) ?? undefined);
        // One more request: otherwise the same process could serve the same step of each round.
        await page.reload();
      }
      expect(await amountOf('Tea')).toBe('5');
      expect(await amountOf('Coffee')).toBe('5');
      expect(await amountOf('Biscuits')).toBe('10');
      expect([...servers].sort()).toEqual(BOTH);
    });

    it('gives a new id at login, and keeps the cart', async () => {
      await press('Add Tea');
      const [before] = await context.cookies();
      await press('Log in as Grace Hopper');
      const [after] = await context.cookies();
      expect(after).toMatchObject({ name: 'cluster-sample.sid', httpOnly: true, secure: false });
      expect(after?.value).not.toBe(before?.value);
      expect(await amountOf('Tea')).toBe('1');
    });

    it('ends in all tabs and on both processes with a logout in one tab', async () => {
      await press('Log in as Ada Lovelace');
      const other = await context.newPage();
      await other.goto('/');
      expect(await person(other)).toBe('Ada Lovelace');
      const [cookie] = await context.cookies();
      await press('Log out', other);
      await context.clearCookies();
      await context.addCookies([cookie!]);
      const servers: unknown[] = [];
      for (let load = 0; load < 2; load += 1) {
        await page.reload();
        servers.push(await servedBy());
        expect(await person()).toBe('No');
      }
      expect(servers.sort()).toEqual(BOTH);
    });

    it('trusts X-Forwarded-Proto of the proxy, on both processes', async () => {
      for (const proto of ['http', 'http', 'https', 'https']) {
        const response = await fetch(cluster.url, { headers: { 'X-Forwarded-Proto': proto } });
        expect(/; Secure/.test(response.headers.get('set-cookie') ?? '')).toBe(proto === 'https');
      }
    });

    it('rejects requests from pages of other origins, on both processes', async () => {
      for (const method of ['POST', 'POST']) {
        const headers = { 'Sec-Fetch-Site': 'same-site' };
        expect((await fetch(`${cluster.url}/logout`, { method, headers })).status).toBe(403);
      }
    });

    it.each(BOTH)('stays logged in when %s is killed', async (name) => {
      await press('Log in as Grace Hopper');
      await press('Add Tea');
      const before = await visits();
      process.kill(pidOf(name, cluster), 'SIGKILL');
      for (let load = 1; load <= 4; load += 1) {
        await page.reload();
        expect(await servedBy()).not.toBe(name);
        expect(await person()).toBe('Grace Hopper');
        expect(await visits()).toBe(before + load);
      }
      await press('Add Tea');
      expect(await amountOf('Tea')).toBe('2');
      await cluster.kill('SIGTERM');
      cluster = await start();
    });
  });
}

describeWithPrivateServers('redis', 'sample 02 with a Redis of its own', () => {
  it.each([
    ['SIGINT', 0],
    ['SIGKILL', null],
  ] as const)('leaves nothing behind after %s', async (signal, code) => {
    const cluster = await runSample({ PORT: '0', STORE: 'redis', SESSION_STORE_URL: '' }, MAIN);
    expect((await fetch(cluster.url)).status).toBe(200);
    const port = Number(/redis:\/\/127\.0\.0\.1:(\d+)/.exec(cluster.output)?.[1]);
    const redis = connect({ port, host: '127.0.0.1' });
    await once(redis, 'connect');
    const closed = once(redis, 'close');
    // Resolves when the output ends. All processes of the cluster share it, so the last one has ended then.
    expect(await cluster.kill(signal)).toBe(code);
    await closed;
  });

  it.each([
    [{ STORE: 'lmdb' }, /^The sample ended with 1: STORE must be redis or postgres, got "lmdb"\.\n$/],
    [{ PORT: 'x' }, /^The sample ended with 1: PORT must be a number from 0 to 65535, got "x"\.\n$/],
  ])('reports the invalid setting %p', async (env, message) => {
    await expect(runSample(env, MAIN)).rejects.toThrow(message);
  });
});

function pidOf(name: string, { output }: RunningSample): number {
  return Number(new RegExp(`^${name} .*pid (\\d+)$`, 'm').exec(output)?.[1]);
}
