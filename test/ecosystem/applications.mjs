import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { handle } from './flow/http.mjs';

const SECRET = 'not a secret, but as long as one has to be';
const OPTIONS = {
  secret: SECRET,
  name: 'connect.sid',
  cookie: { maxAge: 60_000, secure: false },
};

/** An application on a free port of this machine, which keeps its sessions in a store. */
export function startApplication({ app, session, store, root, require }) {
  return app === 'nest' ? startNest(store, root) : startExpress({ session, store, require });
}

async function startExpress({ session, store, require }) {
  const express = require('express');
  const app = express();
  // What express-session's documentation says: a store that cannot touch is to be written at each request.
  const resave = typeof store.touch !== 'function';
  app.use(session({ ...OPTIONS, store, resave, saveUninitialized: false }));
  app.use((req, res) =>
    handle(req.path, req, (error, answer) => {
      if (error) res.status(500).json(String(error.message ?? error));
      else res.json(answer);
    }),
  );
  // What comes after the answer is told to nobody.
  // eslint-disable-next-line no-unused-vars -- four arguments make it a handler of errors
  app.use((error, req, res, _next) => {
    if (!res.headersSent) res.status(500).json(String(error?.message ?? error));
  });
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
  return { url: `http://127.0.0.1:${server.address().port}` };
}

async function startNest(store, root) {
  const load = loaderFrom(root);
  await load('reflect-metadata');
  const { All, Controller, Module, Req, Res } = await load('@nestjs/common');
  const { NestFactory } = await load('@nestjs/core');
  const { ExpressAdapter } = await load('@nestjs/platform-express');
  const { SessionModule } = await import(pathToFileURL(join(root, 'dist/index.js')));

  class SiteController {
    async serve(req, res) {
      const answer = await new Promise((resolve, reject) =>
        handle(req.path, req, (error, result) => (error ? reject(error) : resolve(result))),
      );
      res.json(answer);
    }
  }
  All('*path')(
    SiteController.prototype,
    'serve',
    Object.getOwnPropertyDescriptor(SiteController.prototype, 'serve'),
  );
  Req()(SiteController.prototype, 'serve', 0);
  Res()(SiteController.prototype, 'serve', 1);
  Controller()(SiteController);

  class SiteModule {}
  Module({
    imports: [SessionModule.forRoot({ ...OPTIONS, store })],
    controllers: [SiteController],
  })(SiteModule);
  const app = await NestFactory.create(SiteModule, new ExpressAdapter(), {
    logger: false,
    abortOnError: false,
  });
  await app.listen(0, '127.0.0.1');
  return { url: (await app.getUrl()).replace('[::1]', '127.0.0.1') };
}

/** Imports packages as a file of that folder would. */
export function loaderFrom(folder) {
  const { resolve } = createRequire(join(folder, 'package.json'));
  return (name) => import(pathToFileURL(resolve(name)));
}
