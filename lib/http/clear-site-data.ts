import type { Check } from '../cookie/option-checks.js';
import type { HeaderWriter } from './response/cache-headers.js';

/** What `Clear-Site-Data` can name. */
export type ClearSiteDataType = 'cache' | 'cookies' | 'storage' | 'executionContexts' | 'clientHints' | '*';

const TYPES: readonly unknown[] = [
  'cache',
  'cookies',
  'storage',
  'executionContexts',
  'clientHints',
  '*',
] satisfies readonly ClearSiteDataType[];

const isType = (value: unknown): boolean => TYPES.includes(value);

/** The check of the option `clearSiteData`. */
export const CLEAR_SITE_DATA: Check = [
  (value) => value === true || (Array.isArray(value) && value.length > 0 && value.every(isType)),
  `true or an array with at least one of ${TYPES.map((type) => `"${String(type)}"`).join(', ')}`,
];

/** The types of `true`: what a user leaves behind on a shared computer, without a reload of open pages. */
const DEFAULT_TYPES: readonly ClearSiteDataType[] = ['cache', 'cookies', 'storage'];

/** The value of the header for the option; `null` without it. */
export function clearSiteDataOf(option: true | readonly ClearSiteDataType[] | undefined): string | null {
  if (option === undefined) return null;
  const types = option === true ? DEFAULT_TYPES : new Set(option);
  return [...types].map((type) => `"${type}"`).join(', ');
}

/** Sets the header, unless the application has set its own. */
export function clearSiteData(res: HeaderWriter, value: string): void {
  if (res.getHeader?.('Clear-Site-Data') === undefined) res.setHeader('Clear-Site-Data', value);
}
