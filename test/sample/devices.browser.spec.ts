import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { sessionRegistry, type SessionStore } from 'nest-session';
import { LmdbSessionStore } from 'nest-session/lmdb';
import { PostgresSessionStore } from 'nest-session/postgres';
import { RedisSessionStore } from 'nest-session/redis';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { CHROMIUM, launchChromium } from '../support/chromium.js';
import { freePort } from '../support/free-port.js';
import { describeWith } from '../support/requirements.js';
import { describeWithServer } from '../support/servers.js';
import { runSample, type RunningSample } from './run-sample.js';

// A browser on a busy machine is slow: this limit ends only a test that has stopped.
jest.setTimeout(120_000);

const COOKIE = 'devices-sample.sid';
const PASSWORD = 'nanosecond-wire';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1';

const BACKGROUNDS = [
  ['light', 'rgb(247, 246, 249)'],
  ['dark', 'rgb(20, 19, 24)'],
] as const;

type ClosableStore = SessionStore & { close(): Promise<void> };

/** Ends the sessions that the test before has left. */
async function endSessions(store: ClosableStore): Promise<void> {
  const registry = sessionRegistry({ store });
  for (const principal of ['u1', 'u2']) await registry.revokeAll(principal);
  await store.close();
}

describeWith(CHROMIUM, 'sample 03-devices in two browsers', () => {
  /** `openStore` opens the store of the sample beside it. The database on disk is in the folder. */
  const suite = (store: string, openStore: (folder: string) => ClosableStore): void => {
    let folder: string;
    let server: RunningSample;
    let browser: Browser;
    let contexts: BrowserContext[];

    beforeAll(async () => {
      browser = await launchChromium();
      folder = mkdtempSync(join(tmpdir(), 'nest-session-devices-'));
      const env = { PORT: String(await freePort('localhost')), SESSION_PATH: folder, STORE: store };
      server = await runSample(env, '03-devices/main.js');
    });
    afterAll(async () => {
      await browser?.close();
      await server?.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(async () => {
      contexts = [];
      await endSessions(openStore(folder));
    });
    afterEach(async () => {
      for (const context of contexts) await context.close();
    });

    const open = async (userAgent: string, javaScriptEnabled = true): Promise<Page> => {
      const context = await browser.newContext({ baseURL: server.url, userAgent, javaScriptEnabled });
      contexts.push(context);
      return context.newPage();
    };
    const signIn = async (page: Page, password = PASSWORD): Promise<void> => {
      await page.goto('/login');
      await page.getByLabel('User name').fill('grace');
      await page.getByLabel('Password').fill(password);
      await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL('/devices');
    };
    const confirm = async (page: Page): Promise<void> => {
      await page.waitForURL(/\/confirm/);
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Confirm' }).click();
    };
    const pathOf = (page: Page) => new URL(page.url()).pathname;
    const devices = (page: Page) => page.locator('.devices h2').allTextContents();
    const cookieOf = async (page: Page) =>
      (await page.context().cookies()).find(({ name }) => name === COOKIE)?.value;

    it('lists both, marks the own one, and shows no id', async () => {
      const [first, second] = [await open(FIREFOX), await open(IPHONE)];
      await signIn(first);
      expect(await first.getByText('You are signed in on this device only.').count()).toBe(1);
      await signIn(second);
      await first.reload();
      expect(await devices(first)).toEqual(['Safari on iOS', 'Firefox on Linux']);
      expect(await first.locator('.card', { hasText: 'This device' }).locator('h2').textContent()).toBe(
        'Firefox on Linux',
      );
      expect(await second.locator('.card', { hasText: 'This device' }).locator('h2').textContent()).toBe(
        'Safari on iOS',
      );
      for (const page of [first, second]) {
        const id = decodeURIComponent((await cookieOf(page))!)
          .slice(2)
          .split('.')[0]!;
        expect(await first.content()).not.toContain(id);
      }
    });

    it('throws the other one out at once, without a click', async () => {
      const [first, second] = [await open(FIREFOX), await open(IPHONE)];
      await signIn(first);
      await signIn(second);
      await first.reload();
      await first.getByRole('button', { name: 'Sign out', exact: true }).last().click();
      await confirm(first);
      await first.waitForURL(/\/devices\?ended=1$/);
      await second.waitForURL('/login**');
      expect(await second.getByRole('status').textContent()).toBe('This device was signed out.');
      expect(pathOf(first)).toBe('/devices');
    });

    it('signs all others out when the password changes', async () => {
      const [first, second, third] = [await open(FIREFOX), await open(IPHONE), await open(FIREFOX)];
      for (const page of [first, second, third]) await signIn(page);
      await first.goto('/password');
      await confirm(first);
      await first.waitForURL('/password');
      await first.getByLabel('New password').fill('short');
      await first.getByRole('button', { name: 'Change password' }).click();
      expect(await first.getByRole('alert').textContent()).toBe('A password needs at least 12 characters.');
      await first.getByLabel('New password').fill('another-nanosecond');
      await first.getByRole('button', { name: 'Change password' }).click();
      await first.waitForURL(/\/devices\?ended=2$/);
      expect(await devices(first)).toEqual(['Firefox on Linux']);
      for (const page of [second, third]) await page.waitForURL('/login**');
      await signIn(second, 'another-nanosecond');
      await first.goto('/password');
      await first.getByLabel('New password').fill(PASSWORD);
      await first.getByRole('button', { name: 'Change password' }).click();
      await first.waitForURL(/\/devices\?ended=1$/);
    });

    // What follows does not depend on the store.
    if (store !== '') return;

    it('signs the other one out: without JavaScript its next click leads to the login page, with the old cookie too', async () => {
      const [first, second] = [await open(FIREFOX), await open(IPHONE, false)];
      await signIn(first);
      await signIn(second);
      const before = await second.context().cookies();
      await first.reload();
      await first.getByRole('button', { name: 'Sign out', exact: true }).last().click();
      await confirm(first);
      await first.waitForURL(/\/devices\?ended=1$/);
      expect(await first.getByRole('status').textContent()).toBe('One device was signed out.');
      expect(await devices(first)).toEqual(['Firefox on Linux']);
      await second.getByRole('link', { name: 'Devices' }).click();
      expect(pathOf(second)).toBe('/login');
      expect(await second.getByRole('status').textContent()).toBe('This device was signed out.');
      await second.context().addCookies(before);
      await second.goto('/devices');
      expect(pathOf(second)).toBe('/login');
    });

    it('asks for the password once, gives a new id then, and keeps the handle', async () => {
      const page = await open(FIREFOX);
      await signIn(page);
      const id = await cookieOf(page);
      const handle = await page.locator('.devices li').getAttribute('data-handle');
      await page.getByRole('link', { name: 'Password' }).click();
      expect(pathOf(page)).toBe('/confirm');
      await page.getByLabel('Password').fill('wrong');
      await page.getByRole('button', { name: 'Confirm' }).click();
      expect(await page.getByRole('alert').textContent()).toBe('This is not your password. Try again.');
      expect(await cookieOf(page)).toBe(id);
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.waitForURL('/password');
      expect(await cookieOf(page)).not.toBe(id);
      await page.goto('/devices');
      expect(await page.locator('.devices li').getAttribute('data-handle')).toBe(handle);
      await page.goto('/password');
      expect(pathOf(page)).toBe('/password');
    });

    it('signs all others out by one button', async () => {
      const [first, second, third] = [await open(FIREFOX), await open(IPHONE), await open(FIREFOX)];
      for (const page of [first, second, third]) await signIn(page);
      await first.reload();
      await first.getByRole('button', { name: 'Sign out all other devices' }).click();
      await confirm(first);
      await first.waitForURL(/\/devices\?ended=2$/);
      for (const page of [second, third]) await page.waitForURL('/login**');
    });

    it('ends no session of another user', async () => {
      const [grace, ada] = [await open(FIREFOX), await open(IPHONE)];
      await signIn(grace);
      await ada.goto('/login');
      await ada.getByLabel('User name').fill('ada');
      await ada.getByLabel('Password').fill('analytical-engine');
      await ada.getByLabel('Password').press('Enter');
      await ada.waitForURL('/devices');
      await grace.goto('/password');
      await confirm(grace);
      const handle = await ada.locator('.devices li').getAttribute('data-handle');
      const response = await grace.request.post(`/devices/${handle}/sign-out`, { maxRedirects: 0 });
      expect(response.headers()['location']).toBe('/devices?ended=0');
      await ada.reload();
      expect(pathOf(ada)).toBe('/devices');
    });

    it('can be used with the keyboard alone', async () => {
      const [first, second] = [await open(FIREFOX), await open(IPHONE)];
      await signIn(second);
      await first.goto('/login');
      // The browser gives the focus some time after the page has loaded.
      await first.locator('#name:focus').waitFor();
      await first.keyboard.type('grace');
      await first.keyboard.press('Tab');
      await first.keyboard.type(PASSWORD);
      await first.keyboard.press('Enter');
      await first.waitForURL('/devices');
      const focused = () =>
        first
          .locator(':focus')
          .textContent({ timeout: 1000 })
          .catch(() => '');
      for (let count = 0; count < 12 && (await focused()) !== 'Sign out all other devices'; count++)
        await first.keyboard.press('Tab');
      expect(await focused()).toBe('Sign out all other devices');
      await first.keyboard.press('Enter');
      await first.waitForURL(/\/confirm/);
      await first.locator('#password:focus').waitFor();
      await first.keyboard.type(PASSWORD);
      await first.keyboard.press('Enter');
      await first.waitForURL(/\/devices\?ended=1$/);
      await second.waitForURL('/login**');
    });

    it.each([
      ['/password', 'POST', '/password'],
      ['/devices', 'POST', '/devices'],
      ['//example.org/devices', 'GET', '/devices'],
      ['/devices/sign-out-others', 'GET', '/devices'],
    ])('continues at a known page only: %s by %s', async (next, method, expected) => {
      const [page, other] = [await open(FIREFOX), await open(IPHONE)];
      await signIn(page);
      await signIn(other);
      await page.goto(`/confirm?${new URLSearchParams({ next, method }).toString()}`);
      await confirm(page);
      await page.waitForURL(expected);
      await other.reload();
      expect(pathOf(other)).toBe('/devices');
    });

    it.each([
      ['phone', 360],
      ['desktop', 1280],
    ])('fits a %s of %i pixels, light and dark', async (_, width) => {
      const viewport = { width, height: 740 };
      const context = await browser.newContext({ baseURL: server.url, userAgent: IPHONE, viewport });
      contexts.push(context);
      const page = await context.newPage();
      const other = await open(FIREFOX);
      await signIn(other);
      await page.goto('/login');
      const fits = async (path: string): Promise<void> => {
        expect(pathOf(page)).toBe(path);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        for (const part of await page.locator('header > *').all()) {
          const { x, width: partWidth } = (await part.boundingBox())!;
          expect(x + partWidth).toBeLessThanOrEqual(width);
        }
        for (const [colorScheme, background] of BACKGROUNDS) {
          await page.emulateMedia({ colorScheme });
          expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(background);
        }
      };
      await fits('/login');
      await signIn(page);
      await fits('/devices');
      await page.goto('/password');
      await fits('/confirm');
      await confirm(page);
      await page.waitForURL('/password');
      await fits('/password');
    });
  };

  describe('with a database on disk', () =>
    suite('', (folder) => new LmdbSessionStore({ path: join(folder, 'sessions') })));
  describeWithServer('redis', 'with Redis', (url) => suite(url, () => new RedisSessionStore({ url })));
  describeWithServer('postgres', 'with PostgreSQL', (url) =>
    suite(url, () => new PostgresSessionStore({ url })),
  );
});
