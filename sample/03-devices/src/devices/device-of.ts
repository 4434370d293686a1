import type { Request } from 'express';

declare module 'nest-session' {
  interface SessionDevice {
    /** Browser and system, such as `Firefox on Linux`. */
    name: string;
  }
}

/** The first match counts: Edge sends the names of Chrome and Safari too, and Chrome that of Safari. */
const BROWSERS = [
  [/\bEdg(?:A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\b(?:Headless)?Chrom(?:e|ium)\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
] as const;

/** The first match counts: Android sends `Linux` too, and an iPhone `like Mac OS X`. */
const SYSTEMS = [
  [/\bAndroid\b/, 'Android'],
  [/\b(?:iPhone|iPad)\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
] as const;

/** What the list of devices shows of a browser. It is recorded at login, and holds no address. */
export function deviceOf(req: Pick<Request, 'headers'>): { name: string } {
  const agent = req.headers['user-agent'] ?? '';
  return {
    name: `${nameIn(agent, BROWSERS) ?? 'A browser'} on ${nameIn(agent, SYSTEMS) ?? 'an unknown system'}`,
  };
}

const nameIn = (agent: string, names: readonly (readonly [RegExp, string])[]): string | undefined =>
  names.find(([pattern]) => pattern.test(agent))?.[1];
