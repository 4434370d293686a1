import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext } from 'playwright-core';
import type { Requirement } from './requirements.js';

/** Without a window a page opens in a third of the time, so the headless shell is first. */
const PATHS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const PATH = process.env['CHROMIUM'] || (PATHS.find((path) => existsSync(path)) ?? PATHS[1]!);

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Chromium or its headless shell: a package of Debian, or the path in the environment variable CHROMIUM. */
export const CHROMIUM: Requirement = {
  name: `Chromium at ${PATH}`,
  isMet: existsSync(PATH),
  cure: 'apt-get install chromium (or set CHROMIUM to its path)',
};

/** The shell reads no preferences of a profile. */
const WITH_PROFILES = PATH.endsWith('headless-shell') ? '/usr/bin/chromium' : PATH;

/** Chromium itself. */
export const CHROMIUM_WITH_PROFILES: Requirement = {
  name: `Chromium at ${WITH_PROFILES}`,
  isMet: existsSync(WITH_PROFILES),
  cure: 'apt-get install chromium (or set CHROMIUM to its path)',
};

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: PATH, args: ARGUMENTS, timeout: 100_000 });
}

/**
 * Starts a browser with one ordinary profile, kept in the folder. Contexts of {@link launchChromium} are private windows, in
 * which Chromium blocks third-party cookies.
 */
export function launchProfile(
  folder: string,
  { blocksThirdPartyCookies, switches }: { blocksThirdPartyCookies: boolean; switches: readonly string[] },
): Promise<BrowserContext> {
  const profile = { cookie_controls_mode: blocksThirdPartyCookies ? 1 : 0 };
  mkdirSync(join(folder, 'Default'), { recursive: true });
  writeFileSync(join(folder, 'Default/Preferences'), JSON.stringify({ profile }));
  return chromium.launchPersistentContext(folder, {
    executablePath: WITH_PROFILES,
    args: [...ARGUMENTS, ...switches],
    timeout: 100_000,
    ignoreHTTPSErrors: true,
  });
}
