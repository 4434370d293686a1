import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../places.mjs';

const require = createRequire(join(ROOT, 'package.json'));

/** A new database on the server of an engine; its URL. */
export async function databaseOf(engine, name) {
  const url = new URL(process.env[{ postgres: 'TEST_POSTGRES_URL', mysql: 'TEST_MYSQL_URL' }[engine]]);
  await { postgres: onPostgres, mysql: onMysql }[engine](url.href, name);
  url.pathname = `/${name}`;
  return url.href;
}

async function onPostgres(url, name) {
  const { Client } = require('pg');
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${name}`);
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
}

async function onMysql(url, name) {
  const connection = await require('mysql2/promise').createConnection(url);
  await connection.query(`DROP DATABASE IF EXISTS ${name}`);
  await connection.query(`CREATE DATABASE ${name}`);
  await connection.end();
}
