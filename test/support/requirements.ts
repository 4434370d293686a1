import { isInCi } from '../../scripts/servers/choose-server.mjs';

/** Something of the machine that a suite cannot do without: a browser, a server. */
export interface Requirement {
  /** What is missing, as one says it: `Chromium`. */
  readonly name: string;
  readonly isMet: boolean;
  /** How to get it: `apt-get install chromium`. */
  readonly cure: string;
}

/**
 * `describe` for a suite that needs something of the machine. Where that is missing, the suite fails in CI, where
 * nothing may go untested unnoticed; elsewhere it is left out, and says so.
 */
export function describeWith({ name, isMet, cure }: Requirement, title: string, body: () => void): void {
  if (isMet) {
    describe(title, body);
    return;
  }
  const missing = `${name} is missing. Get it with: ${cure}`;
  if (isInCi(process.env)) {
    describe(title, () => {
      it(`has ${name}`, () => {
        throw new Error(`"${title}" cannot run: ${missing}`);
      });
    });
    return;
  }
  const line = '!'.repeat(100);
  console.warn(`${line}\n!! NOT RUN: ${title}\n!! ${missing}\n${line}`);
  // Registered all the same, so that jest counts what was left out.
  const leftOut = describe['skip' as const];
  leftOut(title, body);
}
