/** The source of a server. */
export type Choice =
  | { readonly kind: 'given'; readonly url: string }
  | { readonly kind: 'here' }
  | { readonly kind: 'install' }
  | { readonly kind: 'missing'; readonly isFatal: boolean };

/** The input of `chooseServer`. */
export interface Facts {
  readonly url?: string | undefined;
  readonly isHere: boolean;
  readonly mayInstall: boolean;
  readonly inCi: boolean;
}

/** Decides where tests get a server from: a URL, a program on this machine, or a Debian package. */
export function chooseServer(facts: Facts): Choice;

/** The input of `mayInstall`. */
export interface Rights {
  readonly isRoot: boolean;
  readonly hasApt: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Whether packages may be installed: as root, with `apt-get`, in CI or with `NEST_SESSION_INSTALL=1`. */
export function mayInstall(rights: Rights): boolean;

/** Whether the variable `CI` is set, not empty and not `false`. */
export function isInCi(environment: Readonly<Record<string, string | undefined>>): boolean;
