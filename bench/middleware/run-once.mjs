/** Requests for an instrument that counts instructions: `run-once.mjs SUBJECT WORKLOAD COUNT`. */
import { prepare, run } from './worker.mjs';

console.warn = () => {};
const [subject, workload, count] = process.argv.slice(2);
await prepare({ subject, workload, sessions: 20 });
await run({ count: Number(count) });
process.exit();
