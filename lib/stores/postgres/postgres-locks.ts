import { createHash } from 'node:crypto';
import { plainTable, type TableName } from '../sql/table-name.js';

/**
 * The 64-bit number of an advisory lock, as a literal. All applications on a database share these numbers.
 */
export function lockNumber(purpose: 'schema' | 'sweep', name: TableName): string {
  return `'${numberOf(`${purpose} ${plainTable(name)}`)}'::bigint`;
}

/** The number of the lock for the sessions of one principal, as a value for a statement. */
export function loginLockNumber(name: TableName, principal: string): string {
  return numberOf(`login ${plainTable(name)} ${principal}`);
}

function numberOf(text: string): string {
  return String(createHash('sha256').update(`nest-session ${text}`).digest().readBigInt64BE());
}
