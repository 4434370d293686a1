import { cpus } from 'node:os';

/** The properties of this machine that influence results. */
export const machine = () => ({
  node: process.version,
  cores: cpus().length,
  cpu: cpus()[0]?.model ?? 'unknown',
  platform: `${process.platform} ${process.arch}`,
});

/** Shown in the head of each table: V8 influences results more than most changes of the package. */
export const NODE = `Node ${process.versions.node}`;
