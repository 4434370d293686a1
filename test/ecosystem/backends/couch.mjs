import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DATABASE = 'sessions';
const USER = { name: 'admin', password: 'password' };

/**
 * CouchDB as pouchdb-server has it, in this process and in memory, with a database for sessions.
 *
 * CouchDB names the revision of a document in its ETag; pouchdb-server does not, so that is added here.
 */
export async function startCouch(require) {
  const folder = mkdtempSync(join(tmpdir(), 'nest-session-couch-'));
  const PouchDB = require('pouchdb-core')
    .plugin(require('pouchdb-adapter-memory'))
    .plugin(require('pouchdb-mapreduce'));
  const InMemory = PouchDB.defaults({
    adapter: 'memory',
    prefix: `${folder}/`,
  });
  const options = {
    inMemoryConfig: true,
    logPath: join(folder, 'log.txt'),
    mode: 'minimumForPouchDB',
  };
  const couch = require('express-pouchdb')(InMemory, options);
  const database = new InMemory(DATABASE);
  await database.info();
  const server = createServer(async (req, res) => {
    const [, name, id] = req.url.split('?')[0].split('/');
    if (name === '_session' && req.method === 'POST') return logIn(res);
    if (name === DATABASE && id && (req.method === 'GET' || req.method === 'HEAD')) {
      const document = await database.get(decodeURIComponent(id)).catch(() => null);
      if (document !== null) res.setHeader('ETag', `"${document._rev}"`);
    }
    couch(req, res);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return {
    ...USER,
    port,
    url: `http://${USER.name}:${USER.password}@127.0.0.1:${port}`,
  };
}

/** Everybody may do everything here. */
function logIn(res) {
  res.setHeader('Set-Cookie', 'AuthSession=anybody; Path=/; HttpOnly');
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify({ ok: true, name: USER.name, roles: ['_admin'] }));
}
