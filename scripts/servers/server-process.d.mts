/** Where and how to start a server of one's own. */
export interface ServerOptions {
  /** A free one unless given. */
  readonly port?: number;
  /** For its data. A new one, removed by `stop`, unless given; a given one is kept and may hold data already. */
  readonly folder?: string;
  /** Whether what was answered survives `kill`: each commit waits for the disk. Off unless given. */
  readonly durable?: boolean;
}

/** A database server that this process started, on 127.0.0.1. It ends with this process, however that ends. */
export interface OwnServer {
  readonly url: string;
  readonly port: number;
  /** Of the server as it runs now: another one after `restart`. */
  readonly pid: number;
  /** Ends it without ceremony and removes its data. */
  stop(): Promise<void>;
  /** SIGKILL, to it and its children: a crash. */
  kill(): Promise<void>;
  /** SIGSTOP, to it and its children: connections stay open and nothing is answered. */
  pause(): Promise<void>;
  /** SIGCONT, after `pause`. */
  resume(): Promise<void>;
  /** Starts it again, on the same port and data, after `kill` or after an orderly end. */
  restart(): Promise<void>;
}
