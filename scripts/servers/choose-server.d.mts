/** Where a server comes from. */
export type Choice =
  | { readonly kind: 'given'; readonly url: string }
  | { readonly kind: 'here' }
  | { readonly kind: 'install' }
  | { readonly kind: 'missing'; readonly isFatal: boolean };

/** What decides it. */
export interface Facts {
  readonly url?: string | undefined;
  readonly isHere: boolean;
  readonly mayInstall: boolean;
  readonly inCi: boolean;
}

/** Where tests get a server from: a URL that is given, a program on this machine, a Debian package. */
export function chooseServer(facts: Facts): Choice;

/** What decides whether packages may be installed. */
export interface Rights {
  readonly isRoot: boolean;
  readonly hasApt: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Whether packages may be installed: on Debian or its kin, as root, and where somebody asked for it or CI does. */
export function mayInstall(rights: Rights): boolean;

/** The variable `CI` is set, and not to `false`. */
export function isInCi(environment: Readonly<Record<string, string | undefined>>): boolean;
