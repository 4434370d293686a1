import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { days } from 'nest-session';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { CHROMIUM, launchChromium } from '../support/chromium.js';
import { freePort } from '../support/free-port.js';
import { describeWith } from '../support/requirements.js';
import { runSample, type RunningSample } from './run-sample.js';

// A browser on a busy machine is slow: this limit ends only a test that has stopped.
jest.setTimeout(120_000);

const COOKIE = 'login-sample.sid';

describeWith(CHROMIUM, 'sample 01-login in a browser', () => {
  let folder: string;
  let env: Record<string, string>;
  let server: RunningSample;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nest-session-login-'));
    env = { PORT: String(await freePort('localhost')), SESSION_PATH: folder };
    server = await runSample(env);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    context = await browser.newContext({ baseURL: server.url });
    page = await context.newPage();
  });
  afterEach(() => context.close());

  const views = (path: string) => page.locator(`[data-views="${path}"]`).textContent();
  const heading = () => page.getByRole('heading', { level: 1 }).textContent();
  const cookie = async () => (await context.cookies()).find(({ name }) => name === COOKIE);
  const pathOf = () => new URL(page.url()).pathname;
  const logIn = async (name: string, password: string) => {
    await page.goto('/login');
    await page.getByLabel('User name').fill(name);
    await page.getByLabel('Password').fill(password);
    const answer = page.waitForResponse((response) => response.request().method() === 'POST');
    // The event of the next page: the page with the form is loaded already.
    const loaded = page.waitForEvent('load');
    await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    const [response] = await Promise.all([answer, loaded]);
    return response.status();
  };
  const logOut = async () => {
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL('/');
  };

  it('counts the views of each page separately', async () => {
    await page.goto('/');
    await page.goto('/about');
    await page.goto('/about');
    await page.goto('/');
    await page.reload();
    expect(await views('/')).toBe('3');
    expect(await views('/about')).toBe('2');
    expect(await page.getByText('You have seen this page').textContent()).toBe(
      'You have seen this page 3 times.',
    );
  });

  it('loses no view of tabs that load concurrently', async () => {
    await page.goto('/about');
    const tabs = await Promise.all(Array.from({ length: 8 }, () => context.newPage()));
    await Promise.all(tabs.map((tab) => tab.goto('/about')));
    await page.goto('/');
    expect(await views('/about')).toBe('9');
  });

  it('shows when the session was created and when it expires', async () => {
    const earliest = Date.now();
    await page.goto('/');
    const latest = Date.now();
    const times = await page.locator('time').all();
    const [createdAt, expiresAt] = await Promise.all(
      times.map(async (time) => Date.parse((await time.getAttribute('datetime')) ?? '')),
    );
    for (const at of [createdAt!, expiresAt! - days(7)]) {
      expect(at).toBeGreaterThanOrEqual(earliest);
      expect(at).toBeLessThanOrEqual(latest);
    }
  });

  it('shows the form again for a wrong password, and escapes the input', async () => {
    expect(await logIn('ada', 'guess')).toBe(401);
    expect(await page.getByRole('alert').textContent()).toContain('do not match');
    expect(await page.getByLabel('User name').inputValue()).toBe('ada');
    expect(await logIn('"><b id=injected>', 'guess')).toBe(401);
    expect(await page.locator('#injected').count()).toBe(0);
    expect(await page.getByLabel('User name').inputValue()).toBe('"><b id=injected>');
  });

  it('redirects a visitor without a login to the login page, and responds to a program with 401', async () => {
    await page.goto('/account');
    expect(pathOf()).toBe('/login');
    expect((await fetch(`${server.url}/account`, { redirect: 'manual' })).status).toBe(401);
  });

  it('gives a new id at login and keeps the counters', async () => {
    await page.goto('/about');
    const before = await cookie();
    expect(await logIn('ada', 'analytical-engine')).toBe(303);
    expect(pathOf()).toBe('/account');
    expect(await heading()).toBe('Account of Ada Lovelace');
    expect(await views('/about')).toBe('1');
    const after = await cookie();
    expect(after).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
    expect(after?.value).not.toBe(before?.value);
    await context.addCookies([before!]);
    await page.goto('/account');
    expect(pathOf()).toBe('/login');
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('stays logged in after %s and a restart', async (signal) => {
    await logIn('grace', 'nanosecond-wire');
    await page.goto('/about');
    const before = await cookie();
    await server.kill(signal);
    await expect(fetch(server.url)).rejects.toThrow();
    server = await runSample(env);
    await page.goto('/account');
    expect(await heading()).toBe('Account of Grace Hopper');
    expect(await views('/about')).toBe('1');
    expect((await cookie())?.value).toBe(before?.value);
  });

  it('shows no account after a logout, neither by its URL nor with the old cookie', async () => {
    await logIn('ada', 'analytical-engine');
    const before = await cookie();
    await logOut();
    await page.goto('/account');
    expect(pathOf()).toBe('/login');
    await context.clearCookies();
    await context.addCookies([before!]);
    await page.goto('/account');
    expect(pathOf()).toBe('/login');
  });

  it('clears the cookie at logout and does not show the account with the back button', async () => {
    await logIn('ada', 'analytical-engine');
    // The page after the logout counts a view and thereby creates a new session: so the cookie is read before.
    const answer = page.waitForResponse((response) => response.url().endsWith('/logout'));
    const before = await cookie();
    await logOut();
    const { 'set-cookie': expired } = await (await answer).allHeaders();
    expect(expired).toMatch(new RegExp(`^${COOKIE}=; .*Max-Age=0`));
    expect((await cookie())?.value).not.toBe(before?.value);
    await page.goBack();
    expect(pathOf()).toBe('/login');
    expect(await page.getByText('Ada Lovelace').count()).toBe(0);
  });

  it('stores its secret with mode 600 and reports a port that is in use', async () => {
    expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600);
    await expect(runSample({ ...env, SESSION_PATH: join(folder, 'other') })).rejects.toThrow(
      /^The sample ended with 1: Port \d+ is in use\. Choose another one: PORT=3001 npm start\n$/,
    );
  });
});
