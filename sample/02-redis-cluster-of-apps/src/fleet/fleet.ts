import type { Server } from 'node:http';
import { startChild, type Child } from './child.js';
import { createProxy } from './proxy.js';
import type { Settings } from './settings.js';

/** The applications. They differ only in their name and in the adapter of Nest. */
const APPS = [
  { APP_NAME: 'app-1', ADAPTER: 'express' },
  { APP_NAME: 'app-2', ADAPTER: 'fastify' },
] as const;

const APP = new URL('../app/main.js', import.meta.url);
const DATABASE = new URL('database.js', import.meta.url);

/** A database, applications, and a proxy in front of them, which does not listen yet. */
export interface Fleet {
  readonly proxy: Server;
  /** Resolves with the reason when the database or the last application has ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export async function startFleet({ store, storeUrl, secret }: Settings): Promise<Fleet> {
  const database =
    storeUrl === undefined ? await startChild('The database', DATABASE, { STORE: store }) : undefined;
  if (database !== undefined) console.log(`For this run only: ${database.url}`);
  const SESSION_STORE_URL = storeUrl ?? database!.url;
  const common = { STORE: store, SESSION_STORE_URL, SESSION_SECRET: secret };
  const apps = await Promise.all(APPS.map((app) => startChild(app.APP_NAME, APP, { ...common, ...app })));
  for (const [index, { name, pid }] of apps.entries()) {
    console.log(`${name} is ready, on ${APPS[index]!.ADAPTER}, pid ${pid}`);
  }

  const proxy = createProxy(apps.map(({ url }) => new URL(url)));
  let isStopping = false;
  for (const { name, gone } of apps) {
    void gone.then((how) => isStopping || console.log(`${name} is gone (${how})`));
  }
  return {
    proxy,
    ended: whenOver(apps, database),
    async stop() {
      isStopping = true;
      proxy.close();
      // The applications complete their requests, save and disconnect. The database must end after them.
      await Promise.all(apps.map((app) => app.stop()));
      proxy.closeAllConnections();
      await database?.stop();
    },
  };
}

function whenOver(apps: readonly Child[], database: Child | undefined): Promise<string> {
  const noApps = Promise.all(apps.map(({ gone }) => gone)).then(() => 'No application is left');
  return database === undefined
    ? noApps
    : Promise.race([noApps, database.gone.then(() => 'The database is gone')]);
}
