import { cpus } from 'node:os';

/** Where a run takes place, as far as figures depend on it. */
export const machine = () => ({
  node: process.version,
  cores: cpus().length,
  cpu: cpus()[0]?.model ?? 'unknown',
  platform: `${process.platform} ${process.arch}`,
});

/** Stands in the head of each table: V8 counts for more than most changes to the package do. */
export const NODE = `Node ${process.versions.node}`;
