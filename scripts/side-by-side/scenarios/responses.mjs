import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { setImmediate } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { slowStore } from '../stores.mjs';
import { group, memory, text } from './common.mjs';

const FILE = fileURLToPath(new URL('../../../tsconfig.json', import.meta.url));

/** The ways to send a response. */
const KINDS = {
  'end with a string': (req, res) => res.end('hello'),
  'end with Content-Length': (req, res) => text(res, 'hello'),
  'end with one byte': (req, res) => text(res, 'x'),
  'end with characters of several bytes': (req, res) => text(res, 'grüße €'),
  'end with base64': (req, res) => res.end('aGVsbG8=', 'base64'),
  'end with a Buffer': (req, res) => res.end(Buffer.from('hello')),
  'end with a Uint8Array and Content-Length': (req, res) => {
    res.setHeader('Content-Length', 5);
    res.end(new Uint8Array([104, 101, 108, 108, 111]));
  },
  'end with nothing': (req, res) => res.end(),
  'end with null': (req, res) => res.end(null),
  'end with an empty string': (req, res) => res.end(''),
  'end with an empty string and Content-Length 0': (req, res) => {
    res.setHeader('Content-Length', 0);
    res.end('');
  },
  204: (req, res) => {
    res.statusCode = 204;
    res.end();
  },
  304: (req, res) => {
    res.statusCode = 304;
    res.end();
  },
  redirect: (req, res) => {
    res.statusCode = 302;
    res.setHeader('Location', '/read');
    res.end('Found');
  },
  'write and end': (req, res) => {
    res.write('one ');
    res.write('two ');
    res.end('three');
  },
  'write, end with nothing': (req, res) => {
    res.write('one');
    res.end();
  },
  'write and end with Content-Length': (req, res) => {
    res.setHeader('Content-Length', 6);
    res.write('one');
    res.end('two');
  },
  'write all of Content-Length, then end': (req, res) => {
    res.setHeader('Content-Length', 3);
    res.write('one');
    res.end();
  },
  'write, and end later': (req, res) => {
    res.write('one ');
    setTimeout(() => res.end('two'), 5);
  },
  'writeHead with an object': (req, res) => {
    res.writeHead(201, { 'X-One': '1', 'Content-Type': 'text/plain' });
    res.end('made');
  },
  'writeHead with a reason': (req, res) => {
    res.writeHead(202, 'Taken', { 'X-One': '1' });
    res.end('taken');
  },
  'writeHead with a flat list': (req, res) => {
    res.writeHead(200, ['X-One', '1', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']);
    res.end('list');
  },
  'writeHead with cookies': (req, res) => {
    res.writeHead(200, { 'Set-Cookie': ['a=1', 'b=2'] });
    res.end('cookies');
  },
  'writeHead with one cookie over setHeader': (req, res) => {
    res.setHeader('Set-Cookie', 'first=1');
    res.writeHead(200, { 'set-cookie': 'second=2' });
    res.end('cookies');
  },
  'writeHead alone, then end later': (req, res) => {
    res.writeHead(200, { 'X-One': '1' });
    setTimeout(() => res.end('late'), 5);
  },
  'setHeader with one cookie': (req, res) => {
    res.setHeader('Set-Cookie', 'a=1');
    res.end('cookie');
  },
  'setHeader with cookies': (req, res) => {
    res.setHeader('Set-Cookie', ['a=1', 'connect.sid=mine']);
    res.end('cookies');
  },
  flushHeaders: (req, res) => {
    res.flushHeaders();
    res.end('flushed');
  },
  'flushHeaders, and end later': (req, res) => {
    res.flushHeaders();
    setTimeout(() => res.end('flushed'), 5);
  },
  'a piped stream': (req, res) => createReadStream(FILE).pipe(res),
  HEAD: (req, res) => {
    res.setHeader('Content-Length', 5);
    res.end();
  },
  'setHeader after end': (req, res, { note }) => {
    text(res, 'first');
    try {
      res.setHeader('X-Late', '1');
      note('accepted');
    } catch (error) {
      note(error.code);
    }
  },
  'writeHead twice': (req, res, { note }) => {
    res.writeHead(200);
    try {
      res.writeHead(201);
      note('accepted');
    } catch (error) {
      note(error.code);
    }
    res.end('twice');
  },
  'own end before and after': (req, res) => {
    const { end } = res;
    res.end = function (...args) {
      res.setHeader('X-Own', 'yes');
      return end.apply(this, args);
    };
    res.end('own');
  },
  'own write': (req, res) => {
    const { write } = res;
    res.write = function (chunk, ...rest) {
      return write.call(this, String(chunk).toUpperCase(), ...rest);
    };
    res.write('one ');
    res.end();
  },
  'own writeHead': (req, res) => {
    const { writeHead } = res;
    res.writeHead = function (...args) {
      res.appendHeader?.('Set-Cookie', 'own=1');
      return writeHead.apply(this, args);
    };
    res.end('own');
  },
  'what end gives back': (req, res, { note }) => {
    note(res.end('one') === res);
  },
  'the callback of end with a chunk': (req, res, { note }) => res.end('one', () => note('called')),
  'the callback of end with an encoding': (req, res, { note }) =>
    res.end('one', 'utf8', () => note('called')),
  'the callback of end alone': (req, res, { note }) => res.end(() => note('called')),
  'end twice': (req, res, { note }) => {
    res.end('one');
    note(res.end('two') === res);
  },
  'write after end': (req, res, { note }) => {
    res.on('error', (error) => note(error.code));
    res.end('one');
    res.write(' late');
  },
  'end with a number': (req, res, { note }) => {
    try {
      res.end(42);
    } catch (error) {
      note(error.code);
      res.end('caught');
    }
  },
  'finish comes after the save': (req, res, { note, store }) => {
    const { set } = store;
    store.set = function (id, session, callback) {
      set.call(store, id, session, (...args) => {
        note('stored');
        callback(...args);
      });
    };
    res.once('finish', () => note('finish'));
    text(res, 'ok');
  },
  'change after the head': (req, res) => {
    res.write('one ');
    setTimeout(() => {
      req.session.late = true;
      res.end('two');
    }, 5);
  },
  'change between writeHead and end': (req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/plain' });
    req.session.late = true;
    res.end('changed');
  },
};

const EXPRESS_KINDS = {
  json: (req, res) => res.json({ hello: [1, 'two'] }),
  'send string': (req, res) => res.send('hello'),
  'send nothing': (req, res) => res.send(),
  'send an empty string': (req, res) => res.send(''),
  'send a Buffer': (req, res) => res.send(Buffer.from('hello')),
  'sendStatus 204': (req, res) => res.sendStatus(204),
  'sendStatus 404': (req, res) => res.sendStatus(404),
  'redirect of Express': (req, res) => res.redirect('/read'),
  sendFile: (req, res) => res.sendFile(FILE),
  'res.cookie': (req, res) => res.cookie('a', '1').send('cookie'),
  'clearCookie of the session': (req, res) => res.clearCookie('connect.sid').send('cleared'),
  'fresh, so 304': (req, res) => {
    res.setHeader('ETag', '"tag"');
    res.send('hello');
  },
  'a route that fails': (req, res, { next }) => next(new Error('handler failed')),
  'a route that throws': () => {
    throw new Error('handler threw');
  },
  'a route that rejects': async () => {
    throw new Error('handler rejected');
  },
};

function requestsFor(title) {
  const method = title === 'HEAD' ? 'HEAD' : 'GET';
  const headers = title === 'fresh, so 304' ? { 'If-None-Match': '"tag"' } : {};
  return ['/change', '/change', '/look'].map((path) => ({ path, method, headers }));
}

function scenarios(kinds, on) {
  return Object.entries(kinds).map(([title, answer]) => ({
    title,
    ...(on ? { on } : {}),
    routes: {
      '/change': (req, res, tools) => {
        req.session.n = (req.session.n ?? 0) + 1;
        return answer(req, res, tools);
      },
      '/look': answer,
    },
    requests: requestsFor(title),
    patience: 400,
  }));
}

const slow = {
  'end with Content-Length': KINDS['end with Content-Length'],
  'end without Content-Length': KINDS['end with a string'],
  'end with nothing': KINDS['end with nothing'],
  'an empty string and Content-Length 0': KINDS['end with an empty string and Content-Length 0'],
  redirect: KINDS['redirect'],
  'write and end': KINDS['write and end'],
  'a piped file': KINDS['a piped stream'],
};

export const responses = [
  ...group('responses', scenarios(KINDS)),
  ...group('responses of Express', scenarios(EXPRESS_KINDS, 'express')),
  ...group(
    'while the store works',
    Object.entries(slow).map(([title, answer]) => ({
      title,
      slow: true,
      store: ({ Store }) => slowStore(Store),
      routes: {
        '/change': (req, res, tools) => {
          req.session.n = (req.session.n ?? 0) + 1;
          return answer(req, res, tools);
        },
      },
      requests: ['/change', '/change'],
    })),
  ),
  ...group('other ways', [
    ...[false, true].map((known) => ({
      title: `a ${known ? '' : 'new '}session that is changed after the head`,
      routes: {
        '/stream': (req, res) => {
          res.write('one ');
          setTimeout(() => {
            req.session.n = 5;
            res.end('two');
          }, 5);
        },
      },
      requests: [...(known ? ['/set'] : []), '/stream', '/read'],
    })),
    { title: 'DEBUG', debug: true, requests: ['/set', '/read'] },
    { title: 'HTTP/2', on: 'http2', requests: ['/set', '/read', '/set'], patience: 400 },
    {
      title: 'the client goes away in a stream',
      routes: {
        '*': (req, res) => {
          req.session.n = 1;
          res.write('one');
          res.once('close', () => setImmediate(() => res.end()));
        },
      },
      requests: [{ path: '/', hangUp: true }, ({ settle }) => settle(), '/read'],
      patience: 1000,
    },
    {
      title: 'the server cuts',
      routes: {
        '*': (req, res) => {
          req.session.n = 1;
          res.destroy();
        },
      },
      requests: ['/x', '/read'],
    },
    { title: 'MemoryStore in production', store: memory, requests: ['/read'] },
    { title: 'no store at all', options: { store: undefined }, requests: ['/set', '/set'] },
  ]),
];
