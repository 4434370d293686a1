/** The name of an engine, as `--only` accepts it. */
export type EngineName = 'redis' | 'redis-cluster' | 'postgres' | 'mariadb';

/** A type of server that tests connect to. */
export interface Engine {
  readonly name: EngineName;
  /** Its name in messages: `PostgreSQL`. */
  readonly title: string;
  /** The environment variable that holds the URL of a server. */
  readonly variable: string;
  /** Paths of its programs on this machine, or `undefined` if they are missing. */
  find(): object | undefined;
  /** The Debian packages that contain these programs. */
  readonly packages: readonly string[];
}

export const ENGINES: readonly Engine[];

/** Instructions for a person: how to install the server of an engine, or set its URL. */
export function cureFor(engine: Engine): string;
