/** The text of a form field. It can be a list or missing if the request was written by hand. */
export const textOf = (field: unknown): string => (typeof field === 'string' ? field : '');
