/** @throws RangeError when a limit is not a positive whole number. */
export function positive(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(
    `The option ${option} of the MemorySessionStore must be a positive whole number, got ${value}.`,
  );
}

/** What is aimed at when a limit is reached. */
export const roomierThan = (limit: number): number => limit - Math.floor(limit / 64);
