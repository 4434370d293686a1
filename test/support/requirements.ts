import { isInCi } from '../../scripts/servers/choose-server.mjs';

/** A program that a suite needs: a browser, a server. */
export interface Requirement {
  /** Its name in messages: `Chromium`. */
  readonly name: string;
  readonly isMet: boolean;
  /** How to install it: `apt-get install chromium`. */
  readonly cure: string;
}

/**
 * `describe` for a suite with a requirement. If it is missing, the suite fails in CI; elsewhere it is skipped with a warning.
 */
export function describeWith({ name, isMet, cure }: Requirement, title: string, body: () => void): void {
  if (isMet) {
    describe(title, body);
    return;
  }
  const missing = `${name} is missing. Install it with: ${cure}`;
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
  // Registered as skipped, so that jest counts it.
  const skip = describe['skip' as const];
  skip(title, body);
}
