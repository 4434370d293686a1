/** Options of a private server. */
export interface ServerOptions {
  /** Default: a free port. */
  readonly port?: number;
  /** For its data. Default: a new folder, which `stop` removes. A given folder is kept and may have data. */
  readonly folder?: string;
  /** Whether acknowledged writes survive `kill`: each commit waits for the disk. Default: `false`. */
  readonly durable?: boolean;
}

/** A database server that this process started on 127.0.0.1. It stops when this process exits. */
export interface OwnServer {
  readonly url: string;
  readonly port: number;
  /** Id of the running process. `restart` changes it. */
  readonly pid: number;
  /** Stops the server without an orderly shutdown and removes its data, unless the folder was given. */
  stop(): Promise<void>;
  /** Simulates a crash: SIGKILL to the server and its children. */
  kill(): Promise<void>;
  /** SIGSTOP to the server and its children: connections stay open, but the server does not respond. */
  pause(): Promise<void>;
  /** SIGCONT to the server and its children, after `pause`. */
  resume(): Promise<void>;
  /** Starts the server again with the same port and data, after an orderly shutdown if it is running. */
  restart(): Promise<void>;
}
