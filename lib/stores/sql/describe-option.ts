import { describeValue } from '../../core/describe-value.js';

/** What came as an option, in words that show no text: any of them may be a URL with a password, in the wrong place. */
export function describeOption(value: unknown): string {
  if (typeof value !== 'string') return describeValue(value);
  return value === '' ? '""' : 'a string';
}

/** The name of an option that nobody knows: shown where it is one that somebody may have written in a program. */
export function describeName(name: string): string {
  return /^[A-Za-z]{1,30}$/.test(name) ? JSON.stringify(name) : 'of that name';
}
