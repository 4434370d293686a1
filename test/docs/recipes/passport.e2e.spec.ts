import type { INestApplication } from '@nestjs/common';
import { SessionRegistry } from 'nest-session';
import { ADAPTERS } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import { SECRET } from '../../support/secret.js';
import { startRecipe } from '../support/start-recipe.js';

const form = (password: string): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams({ username: 'ada', password }),
});
const RIGHT = form('analytical-engine');
const statusOf = async (browser: Browser, path: string, init?: RequestInit): Promise<number> =>
  (await browser.fetch(path, init)).status;

beforeAll(() => void (process.env['SESSION_SECRET'] = SECRET));

describe.each(ADAPTERS)('the recipe for passport on %s', (_, makeAdapter) => {
  let app: INestApplication;
  let browser: Browser;
  beforeEach(async () => {
    const { AppModule } = await import('./passport/app.module.js');
    const running = await startRecipe(AppModule, makeAdapter);
    app = running.app;
    browser = new Browser(running.url);
  });
  afterEach(() => app.close());

  it('signs in by a password, refuses a wrong one, and signs out', async () => {
    expect(await statusOf(browser, '/login', form('guess'))).toBe(401);
    expect(await statusOf(browser, '/me')).toBe(401);
    expect(await statusOf(browser, '/login', RIGHT)).toBe(201);
    expect(await browser.get('/me')).toEqual({ user: 'u1' });
    expect(await app.get(SessionRegistry).list('u1')).toMatchObject([{ principal: 'u1' }]);
    const copy = browser.clone();
    await browser.post('/logout');
    expect([await statusOf(browser, '/me'), await statusOf(copy, '/me')]).toEqual([401, 401]);
  });
});
