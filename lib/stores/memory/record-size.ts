import type { SessionKey } from '../../core/session-key.js';
import type { SessionPatch, SessionRecord } from '../../core/session-record.js';

/** By how many bytes a patch makes a record larger that it applies to. */
export function growthOf(patch: SessionPatch): number {
  let bytes = Buffer.byteLength(patch.principal.to ?? '') - Buffer.byteLength(patch.principal.from ?? '');
  for (const [name, { from, to }] of patch.changes) {
    if (from === to) continue;
    if (from !== null) bytes -= Buffer.byteLength(name) + Buffer.byteLength(from);
    if (to !== null) bytes += Buffer.byteLength(name) + Buffer.byteLength(to);
  }
  return bytes;
}

/** How many bytes of text a record has, with its key. */
export function sizeOf(key: SessionKey, { principal, attributes }: SessionRecord): number {
  let bytes = Buffer.byteLength(key) + Buffer.byteLength(principal ?? '');
  for (const [name, text] of attributes) bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  return bytes;
}
