import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** A service that keeps what it is given, for as long as restsession's documentation leaves it to the service. */
export async function startRest() {
  const held = new Map();
  const server = createServer(async (req, res) => {
    const [, id] = new URL(req.url, 'http://localhost').pathname.split('/');
    if (req.method === 'POST') held.set(id, await text(req));
    else if (req.method === 'DELETE') id ? held.delete(id) : held.clear();
    else if (id && !held.has(id)) res.statusCode = 404;
    res.setHeader('Content-Type', 'application/json');
    res.end(req.method === 'GET' && res.statusCode === 200 ? answer(held, id) : '{}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

const answer = (held, id) => (id ? held.get(id) : `[${[...held.values()].join(',')}]`);
