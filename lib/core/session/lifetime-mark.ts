/**
 * A mark in the stored cookie settings of a session that has set a lifetime. Each patch is compared with the
 * cookie settings, so a request that has loaded the session before that conflicts with it, and computes the
 * expiry again. Sessions without a lifetime need no further attribute in their patches.
 */
const MARK = '"lifetime":true}';

/** Cookie settings with the mark. */
export function markedSettings(settings: string | null): string {
  if (settings === null) return `{${MARK}`;
  return isMarked(settings) ? settings : `${settings.slice(0, -1)},${MARK}`;
}

/** Whether stored cookie settings have the mark. */
export const isMarked = (settings: string | null): boolean =>
  settings !== null && settings.includes(MARK.slice(0, -1));
