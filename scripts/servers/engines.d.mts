/** The name of a kind of server, as `--only` takes it. */
export type EngineName = 'redis' | 'redis-cluster' | 'postgres' | 'mariadb';

/** A kind of server that tests talk to. */
export interface Engine {
  readonly name: EngineName;
  /** As one says it: `PostgreSQL`. */
  readonly title: string;
  /** The environment variable that tells where one is. */
  readonly variable: string;
  /** Its programs on this machine, or `undefined`. */
  find(): object | undefined;
  /** The Debian packages that bring them. */
  readonly packages: readonly string[];
}

export const ENGINES: readonly Engine[];

/** How to get the server of an engine, as one says it to a person. */
export function cureFor(engine: Engine): string;
