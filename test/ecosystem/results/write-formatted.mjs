import { writeFileSync } from 'node:fs';

/** Writes a file as `npm run format` would have it. */
export async function writeFormatted(file, text) {
  const { format, resolveConfig } = await import('prettier');
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
}
