import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseOf } from './databases.mjs';

const SCHEMA = `
generator client {
  provider   = "prisma-client-js"
  engineType = "client"
}
datasource db {
  provider = "postgresql"
}
model Session {
  id        String   @id
  sid       String   @unique
  data      String
  expiresAt DateTime
}
`;
const TABLE = `CREATE TABLE "Session" (
  id text PRIMARY KEY, sid text UNIQUE NOT NULL, data text NOT NULL, "expiresAt" timestamp(3) NOT NULL)`;

/** A Prisma client on a database of its own. The client is generated once for an installation. */
export async function startPrisma({ require, folder, scope }) {
  generate(folder);
  const url = await databaseOf('postgres', scope);
  const { PrismaClient } = require('@prisma/client');
  const { PrismaPg } = require('@prisma/adapter-pg');
  const client = new PrismaClient({
    adapter: new PrismaPg({ connectionString: url }),
  });
  // Its own migrations want a program that is no npm package.
  await client.$executeRawUnsafe(TABLE);
  return client;
}

function generate(folder) {
  const packages = join(folder, 'node_modules');
  if (existsSync(join(packages, '.prisma/client/.generated'))) return;
  const schema = join(packages, '.prisma-schema');
  mkdirSync(schema, { recursive: true });
  writeFileSync(join(schema, 'schema.prisma'), SCHEMA);
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(packages, 'prisma/build/index.js'), 'generate', '--schema', join(schema, 'schema.prisma')],
    {
      cwd: folder,
      encoding: 'utf8',
      // Would be downloaded else, and is not needed with an adapter.
      env: {
        ...process.env,
        PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
        CHECKPOINT_DISABLE: '1',
      },
    },
  );
  if (status !== 0) throw new Error(`prisma generate failed: ${stderr}`);
  writeFileSync(join(packages, '.prisma/client/.generated'), '');
}
