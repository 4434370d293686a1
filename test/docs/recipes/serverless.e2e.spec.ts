import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFileSync } from '@swc/core';
import { SECRET } from '../../support/secret.js';
import { describeWithServer } from '../../support/servers.js';
import { installPackage } from '../install-package.js';

const RECIPE = fileURLToPath(new URL('./serverless/', import.meta.url));
const INVOKE = fileURLToPath(new URL('../../fixtures/invoke-lambda.mjs', import.meta.url));
const ESBUILD = createRequire(import.meta.url).resolve('esbuild/bin/esbuild');

interface Invoked {
  readonly responses: { statusCode: number; body: string; cookies?: string[] }[];
  readonly cookies: string[];
}

/** An event of API Gateway, format 2.0. */
const event = (method: string, path: string): object => ({
  version: '2.0',
  rawPath: path,
  rawQueryString: '',
  headers: { host: 'api.example', 'x-forwarded-proto': 'https' },
  requestContext: { http: { method, path, sourceIp: '203.0.113.9', protocol: 'HTTP/1.1' } },
  isBase64Encoded: false,
});

/** Compiles a file of the recipe with the metadata of decorators, as `nest build` does. */
function compile(folder: string, from: string, to: string): void {
  const { code } = transformFileSync(join(RECIPE, from), {
    swcrc: false,
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'es6' },
  });
  writeFileSync(join(folder, to), code);
}

/** Runs the command of the recipe, with the esbuild of this repository. */
function bundle(folder: string): void {
  const [npx, name, ...args] = readFileSync(join(RECIPE, 'bundle.sh'), 'utf8')
    .replaceAll('\\\n', ' ')
    .trim()
    .split(/\s+/);
  expect([npx, name]).toEqual(['npx', 'esbuild']);
  execFileSync(process.execPath, [ESBUILD, ...args, '--log-level=warning'], {
    cwd: folder,
    encoding: 'utf8',
  });
}

describeWithServer('redis', 'the recipe for functions on AWS Lambda', (url) => {
  let folder: string;
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'nest-session-lambda-')));
    installPackage(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Invokes the bundle in a process of its own, as a cold start does. */
  function invoke(events: object[], cookie = ''): Invoked {
    const output = execFileSync(process.execPath, [INVOKE, join(folder, 'alone/lambda.cjs'), cookie], {
      input: JSON.stringify(events),
      encoding: 'utf8',
      env: { ...process.env, SESSION_SECRET: SECRET, REDIS_URL: url, NO_COLOR: '1' },
    });
    return JSON.parse(output.slice(output.lastIndexOf('\n') + 1)) as Invoked;
  }

  it.each(['lambda.ts', 'lambda-fastify.ts'])(
    'runs from one file, and another process has the session: %s',
    (file) => {
      mkdirSync(join(folder, 'dist'), { recursive: true });
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
      compile(folder, 'app.module.ts', 'dist/app.module.js');
      compile(folder, file, 'dist/lambda.js');
      bundle(folder);
      // Beside no packages: what the bundle lacks is not found.
      mkdirSync(join(folder, 'alone'), { recursive: true });
      writeFileSync(join(folder, 'alone/lambda.cjs'), readFileSync(join(folder, 'bundle/lambda.cjs')));
      const first = invoke([event('GET', '/me'), event('POST', '/login'), event('GET', '/me')]);
      expect(
        first.responses.map(({ statusCode, body }) => [statusCode, JSON.parse(body) as unknown]),
      ).toEqual([
        [200, { user: null }],
        [201, { ok: true }],
        [200, { user: 'u1' }],
      ]);
      expect(first.responses[1]!.cookies).toEqual([expect.stringMatching(/^__Host-sid=.*; Secure; /)]);
      const [me] = invoke([event('GET', '/me')], first.cookies[0]).responses;
      expect(JSON.parse(me!.body)).toEqual({ user: 'u1' });
      expect(existsSync(join(folder, 'alone/node_modules'))).toBe(false);
    },
  );
});
