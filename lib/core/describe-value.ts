/** What came, in a few words that fit an error message: the value where it is short and public, else its kind. */
export function describeValue(value: unknown): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string':
      return value.length <= 40 ? JSON.stringify(value) : `a string of ${value.length} characters`;
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return value.name === '' ? 'a function' : `the function ${value.name}`;
    case 'symbol':
      return 'a symbol';
    default:
      return Array.isArray(value) ? `an array of ${value.length}` : describeObject(value);
  }
}

function describeObject(value: object): string {
  const maker = (value as { constructor?: unknown }).constructor;
  if (typeof maker !== 'function' || maker === Object) return 'an object';
  return maker === Promise ? 'a Promise' : `an instance of ${maker.name}`;
}
