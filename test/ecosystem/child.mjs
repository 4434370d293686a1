/**
 * One store under one subject: `node child.mjs STORE SUBJECT`, started by run.mjs, which gets the results as a message.
 * It has a process of its own, so that it can hang and crash.
 */
import { mkdtempSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout } from 'node:timers';
import { placeAlias } from './alias.mjs';
import { startApplication, loaderFrom } from './applications.mjs';
import { runDirectSteps, runLifetimeSteps } from './flow/direct.mjs';
import { runExpirySteps, runLoginSteps } from './flow/http.mjs';
import { PROCESS_STEP, StepLog } from './flow/steps.mjs';
import { ROOT } from './places.mjs';
import { ROWS } from './rows/index.mjs';
import { SUBJECTS } from './subjects.mjs';

const [name, subjectName] = process.argv.slice(2);
const row = ROWS.find((candidate) => candidate.name === name);
const subject = SUBJECTS[subjectName];
const log = new StepLog();
log.results[PROCESS_STEP] = 'pass';
for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, (error) => {
    console.error(error);
    log.fail(PROCESS_STEP, error);
  });

// Nobody is left to tell.
process.on('disconnect', () => process.exit(1));

// Clients of Google's services would look for a server of theirs that tells who they are.
process.env.METADATA_SERVER_DETECTION = 'none';

const folder = new URL(`./${row.folder ?? ''}`, import.meta.url).pathname;
const own = createRequire(join(folder, 'package.json'));
const ofRoot = createRequire(join(ROOT, 'package.json'));
const dropIn = join(ROOT, 'dist/express/index.js');
const files = mkdtempSync(join(tmpdir(), 'files-'));
redirect({ ...row.alias, ...(subject.alias ? placeAlias(files) : {}) });

const traits = await run();
process.send({ steps: log.results, traits }, () => process.exit(0));

async function run() {
  const session = subject.session === 'original' ? own('express-session') : ofRoot(dropIn);
  const ending = setTimeout(() => {}, 600_000);
  let store;
  let url;
  await log.run('starts', async () => {
    store = await row.make({
      session,
      require: own,
      load: loaderFrom(folder),
      folder,
      files,
      scope: `${name.replace(/\W/g, '_')}_${subjectName}`.toLowerCase(),
    });
    if (subject.alias && !(store instanceof session.Store)) throw new Error('the alias is not used');
    const app = {
      ...subject,
      session,
      store,
      root: ROOT,
      require: row.express4 ? own : ofRoot,
    };
    ({ url } = await startApplication(app));
  });
  if (url === undefined) return {};
  const direct = { session, store };
  await runDirectSteps(log, direct);
  const [found] = await Promise.all([
    runLifetimeSteps(log, direct),
    runExpirySteps(log, url),
    runLoginSteps(log, url),
  ]);
  clearTimeout(ending);
  return found;
}

/** Other packages under the names that a store asks for. */
function redirect(names) {
  const resolve = Module._resolveFilename;
  Module._resolveFilename = (request, ...rest) =>
    Object.hasOwn(names, request) ? own.resolve(names[request]) : resolve(request, ...rest);
}
