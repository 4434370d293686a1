import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { readSettings, type Settings } from './settings.js';

try {
  await start(readSettings());
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

async function start(settings: Settings): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    logger: ['warn', 'error', 'fatal'],
    // Browsers keep connections open: without this, the server would wait for them at shutdown.
    forceCloseConnections: true,
  });
  app.enableShutdownHooks();
  await app.init();
  await listen(app, settings);
  const { port } = app.getHttpServer().address() as { port: number };
  console.log(`The devices sample is at http://${settings.host}:${port}`);
}

async function listen(app: NestExpressApplication, { port, host }: Settings): Promise<void> {
  // Otherwise Nest logs the stack of errors that are explained below.
  app.useLogger(false);
  try {
    await app.listen(port, host);
  } catch (error) {
    await app.close();
    throw error;
  }
  app.useLogger(['warn', 'error', 'fatal']);
}

/** One line for an error that the user can fix; the error with its stack otherwise. */
function explain(error: unknown): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  const port = process.env['PORT'] || '3000';
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use. Choose another one: PORT=3001 npm run start:devices`;
  if (syscall === 'listen') return `${message}. Choose another address with PORT and HOST.`;
  return /^(PORT|STORE) /.test(message) ? message : error;
}
