import type { DynamicModule, INestApplication, NestApplicationOptions, Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';

/** The two HTTP adapters of Nest, for `describe.each`. */
export const ADAPTERS = [
  ['express', () => new ExpressAdapter()],
  ['fastify', () => new FastifyAdapter()],
] as const;

export type MakeAdapter = (typeof ADAPTERS)[number][1];

/** A running application on a free local port. */
export interface RunningApp {
  readonly app: INestApplication;
  readonly url: string;
}

interface AppParts {
  readonly imports: (DynamicModule | Type)[];
  readonly controllers?: Type[];
  readonly providers?: unknown[];
  readonly options?: NestApplicationOptions;
  /** Called before the application starts. */
  readonly prepare?: (app: INestApplication) => void;
}

export async function startApp(makeAdapter: MakeAdapter, parts: AppParts): Promise<RunningApp> {
  const module = await Test.createTestingModule({
    imports: parts.imports,
    controllers: parts.controllers ?? [],
    providers: (parts.providers ?? []) as never[],
  }).compile();
  const app = module.createNestApplication<INestApplication>(makeAdapter() as never, {
    logger: false,
    forceCloseConnections: true,
    ...parts.options,
  });
  parts.prepare?.(app);
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  return { app, url };
}
