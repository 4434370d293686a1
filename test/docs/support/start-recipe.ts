import type { INestApplication, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MakeAdapter } from '../../support/adapters.js';

interface Start {
  /** The lines of `main.ts` between `create()` and `listen()`. */
  readonly prepare?: (app: INestApplication) => unknown;
  readonly logger?: LoggerService;
}

/** Starts the application of a recipe as `main.ts` does, on a free local port. */
export async function startRecipe(
  module: Type,
  makeAdapter: MakeAdapter,
  { prepare, logger }: Start = {},
): Promise<{ app: INestApplication; url: string }> {
  const app = await NestFactory.create(module, makeAdapter() as never, {
    logger: logger ?? false,
    forceCloseConnections: true,
    abortOnError: false,
  });
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  return { app, url: (await app.getUrl()).replace('[::1]', '127.0.0.1') };
}
