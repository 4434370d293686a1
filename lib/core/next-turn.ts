/** Runs something when all that this turn of the event loop has brought is done. The real one, also where tests hold the timers. */
export const nextTurn: (run: () => void) => void = globalThis.setImmediate;
