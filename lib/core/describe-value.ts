/** What came, in a few words that fit an error message: the value where it is short and public, else its kind. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string')
    return value.length <= 40 ? JSON.stringify(value) : `a string of ${value.length} characters`;
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol') return 'a symbol';
  return typeof value === 'object' && value !== null ? describeObject(value) : String(value);
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const maker = (value as { constructor?: unknown }).constructor;
  if (typeof maker !== 'function' || maker === Object || maker.name === '') return 'an object';
  return maker === Promise ? 'a Promise' : `an instance of ${maker.name}`;
}
