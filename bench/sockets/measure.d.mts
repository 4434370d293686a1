/** Delays from the request that ends sessions to the close of their sockets. Milliseconds. */
export interface Measured {
  readonly delays: { readonly here: number[]; readonly there: number[] };
  /** Sockets that were not closed, or for another reason. */
  readonly missed: number;
  /** Sockets of other users that were closed. */
  readonly foreign: number;
  /** How much larger the heap of each process is afterwards: 0.01 for one percent. */
  readonly growth: number[];
}

export function measureClosing(
  urls: readonly string[],
  size?: { readonly sockets?: number; readonly users?: number },
): Promise<Measured>;
