/** Calls that V8 counts: its precise coverage of the functions of a folder. */
import { Session } from 'node:inspector';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The name under which V8 counts the initializers of the fields of a class; their range is that of the class. */
const FIELDS = '<instance_members_initializer>';

/** Runs some work, and resolves with each function under the folder that ran: its file, name, text and number of calls. */
export async function countCalls(folder, work) {
  const session = new Session();
  session.connect();
  try {
    await ask(session, 'Profiler.enable');
    await ask(session, 'Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    await work();
    const { result } = await ask(session, 'Profiler.takePreciseCoverage');
    const prefix = pathToFileURL(`${folder}/`).href;
    return result.filter(({ url }) => url.startsWith(prefix)).flatMap((script) => callsOf(script, prefix));
  } finally {
    session.disconnect();
  }
}

const ask = (session, method, parameters) =>
  new Promise((resolve, reject) =>
    session.post(method, parameters, (error, result) => (error === null ? resolve(result) : reject(error))),
  );

function callsOf({ url, functions }, prefix) {
  const text = readFileSync(fileURLToPath(url), 'utf8');
  return functions
    .map(({ functionName, ranges: [{ startOffset, endOffset, count }] }) => ({
      file: url.slice(prefix.length),
      name: functionName,
      text: text.slice(startOffset, endOffset),
      count,
    }))
    .filter(({ count }) => count > 0);
}

/**
 * Files, functions and calls of one request, from the counts of several. What ran in less than half of the requests is
 * left out: timers of the store. `uneven` lists all functions that did not run equally often in each request.
 */
export function perRequest(calls, requests) {
  const regular = calls.filter(({ count }) => count >= requests / 2);
  const total = regular.reduce((sum, { count }) => sum + count, 0);
  return {
    files: new Set(regular.map(({ file }) => file)).size,
    functions: regular.length,
    calls: Math.round((10 * total) / requests) / 10,
    uneven: calls
      .filter(({ count }) => count % requests !== 0)
      .map(({ file, name, count }) => `${name || '(anonymous)'} (${file}): ${count} of ${requests}`),
  };
}

/** Classes with a constructor or fields of their own that were instantiated at least once for each request. */
export function classesPerRequest(calls, requests) {
  const instances = new Map();
  for (const call of calls) {
    const name = className(call);
    if (name === null) continue;
    const key = `${call.file} ${name}`;
    instances.set(key, {
      file: call.file,
      name,
      count: Math.max(instances.get(key)?.count ?? 0, call.count),
    });
  }
  return [...instances.values()].filter(({ count }) => count >= requests);
}

/** The class that a call has made an instance of; `null` for any other function. */
function className({ name, text }) {
  if (name === FIELDS) return /^class\s+([\w$]+)/.exec(text)?.[1] ?? null;
  return /^constructor\s*\(/.test(text) ? name : null;
}
