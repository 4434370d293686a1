import { isIP } from 'node:net';

/**
 * An IP address without the part that identifies a single client, for the option `device`: the network of 24
 * bits of an IPv4 address, and that of 48 bits of an IPv6 address. An IPv4-mapped address counts as IPv4.
 *
 * *Errors*: none. The empty text for any other value, such as the `undefined` of a closed socket.
 *
 * @example
 * truncatedAddress('203.0.113.77'); // '203.0.113.0'
 * truncatedAddress('2001:db8:7:8::9'); // '2001:db8:7::'
 */
export function truncatedAddress(address: string | undefined): string {
  if (typeof address !== 'string') return '';
  const version = isIP(address);
  if (version === 4) return address.replace(/\d+$/, '0');
  return version === 6 ? truncatedGroups(groupsOf(address)) : '';
}

/** The eight numbers of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const [text = ''] = address.split('%', 1);
  const [before = '', after] = text.replace(/[\d.]+$/, asGroups).split('::');
  const head = numbersOf(before);
  const tail = numbersOf(after ?? '');
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** The last 32 bits as two groups, where they are written as an IPv4 address. */
function asGroups(end: string): string {
  if (!end.includes('.')) return end;
  const [a = 0, b = 0, c = 0, d = 0] = end.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

const numbersOf = (groups: string): number[] =>
  groups === '' ? [] : groups.split(':').map((group) => Number.parseInt(group, 16));

function truncatedGroups(groups: readonly number[]): string {
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const [first = 0, second = 0, third = 0, , , , high = 0, low = 0] = groups;
  if (isMapped) return `${high >> 8}.${high & 255}.${low >> 8}.0`;
  const network = [first, second, third].map((group) => group.toString(16)).join(':');
  // Zeros at the end belong to the `::`.
  return `${network.replace(/(^|:)0(:0)*$/, '')}::`;
}
