import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { sign } from 'cookie-signature';
import { MemorySessionStore, getSession, sessionMiddleware, type SessionKey } from 'nest-session/http';
import { type SessionId, sessionKey } from '../../lib/core/session-id.js';
import { OTHER_SECRET, SECRET } from '../support/secret.js';

const SEED = Number(process.env['SEED'] ?? randomInt(2 ** 31));
const HEADERS = 20_000;
const IN_A_PIPE = 100;
const PIPES = 8;

/** Node refuses a header above 16 KiB by itself. */
const LONGEST_HEADER = 12_000;

const FRAGMENTS = [
  '../../etc/passwd',
  "' OR 1=1;--",
  '*1 $8 FLUSHALL',
  '{"$gt":""}',
  '__proto__',
  '[object Object]',
  '<script>',
];
const SCRAPS = [
  '%',
  '%zz',
  '%C3',
  '%00',
  '%0d%0a',
  '%E2%80%A8',
  '%F0%9F%92%A9',
  '"',
  '""',
  '\\',
  '=',
  ';',
  '; ',
  ',',
  ' ',
  '\t',
  '.',
  ':',
];

const ID_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

class KeyLog extends MemorySessionStore {
  readonly loads: SessionKey[] = [];
  override async load(key: SessionKey) {
    this.loads.push(key);
    return super.load(key);
  }
}

/** Answers who the session belongs to; a login names it. What fails is a 500. Ids come from the seed too. */
function startServer(store: KeyLog, genid: () => string): Promise<Server> {
  const middleware = sessionMiddleware({ secret: SECRET, store, genid, sweepEvery: false });
  const server = createServer((req, res) =>
    middleware(req, res, (error) => {
      if (error !== undefined) return Object.assign(res, { statusCode: 500 }).end();
      const session = getSession(req)!;
      if (req.method === 'POST') session['who'] = req.url!.slice(1);
      res.end(JSON.stringify({ who: session['who'] ?? null }));
    }),
  );
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

describe(`${HEADERS} mutated Cookie headers over raw connections`, () => {
  const store = new KeyLog();
  let server: Server;
  let port: number;
  let good: string;
  let bob: string;
  const random = mulberry32(SEED);
  const newId = (): string => Array.from({ length: 32 }, () => ID_CHARACTERS[random(64)]).join('');
  const unknownId = newId() as SessionId;

  const login = async (who: string): Promise<string> => {
    const { headers } = await fetch(`http://127.0.0.1:${port}/${who}`, { method: 'POST' });
    return /^connect\.sid=([^;]+)/.exec(headers.get('set-cookie')!)![1]!;
  };
  beforeAll(async () => {
    server = await startServer(store, newId);
    port = (server.address() as AddressInfo).port;
    [good, bob] = [await login('alice'), await login('bob')];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  // An exception or rejection that nobody catches fails the test too: jest listens for both while one runs.
  it('gives no session but the one whose signed value can be read, asks the store for signed ids only, never fails (S-11), and sends the same response to all others (S-71)', async () => {
    const values = strangeValues(good, bob, unknownId);
    const signed = new Map([idOf(good), unknownId].map((id) => [`s:${sign(id, SECRET)}`, sessionKey(id)]));
    const headers = Array.from({ length: HEADERS }, () => mutatedHeader(random, good, values));
    const answers = await exchangeAll(port, headers);

    const told = { alice: 0, nobody: 0, refused: 0 };
    const texts = { alice: new Set<string>(), nobody: new Set<string>() };
    const tell = (n: number, what: string): Error =>
      new Error(
        `SEED=${SEED}, header ${n}: ${what}\n${JSON.stringify(headers[n]!.toString('latin1').slice(0, 400))}`,
      );
    for (const [n, header] of headers.entries()) {
      const { status, text } = answers[n]!;
      if (status !== (isRefusedByNode(header) ? 400 : 200)) throw tell(n, `status ${status}`);
      if (status === 400) {
        told.refused++;
        continue;
      }
      const who = /\{"who":"(\w+)"\}$/.exec(text)?.[1] ?? 'nobody';
      const expected = readValues(header).includes(decodeURIComponent(good)) ? 'alice' : 'nobody';
      if (who !== expected) throw tell(n, `the session of ${who} where ${expected} was expected`);
      told[expected]++;
      texts[expected].add(text);
    }
    const message = `SEED=${SEED}`;
    const most = headers.flatMap((header) =>
      isRefusedByNode(header) ? [] : readValues(header).filter((value) => signed.has(value)),
    );
    expect({ message, strangers: store.loads.filter((key) => ![...signed.values()].includes(key)) }).toEqual({
      message,
      strangers: [],
    });
    expect({ message, tooMany: store.loads.length > most.length }).toEqual({ message, tooMany: false });
    expect({ message, alice: texts.alice.size, nobody: texts.nobody.size }).toEqual({
      message,
      alice: 1,
      nobody: 1,
    });
    expect([...texts.nobody].join()).not.toMatch(/set-cookie/i);
    expect(Math.min(told.alice, told.nobody, told.refused)).toBeGreaterThan(HEADERS / 100);
  });

  it('still responds, and still stores the same sessions', async () => {
    const [answer] = await exchangeAll(port, [Buffer.from(`connect.sid=${good}`)]);
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('{"who":"alice"}') as string });
    expect(store.size).toBe(2);
  });
});

const idOf = (cookie: string): SessionId => decodeURIComponent(cookie).slice(2).split('.')[0] as SessionId;

/** Whole values that must open nothing: near the good one, signed for something else, or not ours at all. */
function strangeValues(good: string, bob: string, unknownId: string): string[] {
  const plain = decodeURIComponent(good);
  const signature = plain.slice(plain.indexOf('.') + 1);
  const signedBy = (id: string, secret = SECRET): string => encodeURIComponent(`s:${sign(id, secret)}`);
  // 43 characters hold 258 bits of which 256 count: this one differs in text, not in what it decodes to.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const twin = signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.at(-1)!) ^ 1]!;
  return [
    encodeURIComponent(`s:${idOf(bob)}.${signature}`),
    signedBy(idOf(bob), OTHER_SECRET),
    signedBy(unknownId),
    signedBy('dark-theme'),
    signedBy(''),
    signedBy('x'.repeat(300)),
    signedBy('a path with spaces ../../etc/passwd'),
    signedBy('nul \0 and line end \r\n in a signed id'),
    signedBy('pÿthón with many characters of latin one'),
    ...[
      `${signature}=`,
      `${signature}==`,
      twin,
      signature.replace(/\+/g, '-').replace(/\//g, '_') + '_',
      '',
      '=',
    ].map((end) => encodeURIComponent(`s:${idOf(good)}.${end}`)),
    ...['s:', 's:.', 's%3A.', 'j:{"who":"alice"}', idOf(good), idOf(bob), plain.slice(2), '', '"', '%'],
    ...FRAGMENTS,
    ...FRAGMENTS.map((fragment) => `s:${fragment}.${signature}`),
    'A'.repeat(8192),
    `s%3A${'%41'.repeat(2048)}.${signature}`,
  ];
}

type Random = (below: number) => number;

/** A `Cookie` header made from the good value or from strange ones, by one to three mutations. */
function mutatedHeader(random: Random, good: string, values: readonly string[]): Buffer {
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
  const value = (): string => (random(3) === 0 ? pick([good, decodeURIComponent(good)]) : pick(values));
  const cookie = (): string =>
    `${pick(['connect.sid', 'connect.sid', 'Connect.Sid', 'connect.sid2', 'theme'])}=${value()}`;
  const insert = (text: string, part: string): string => {
    const at = random(text.length + 1);
    return text.slice(0, at) + part + text.slice(at);
  };
  const replace = (text: string, change: (char: string) => string): string => {
    const at = random(text.length);
    return text.slice(0, at) + change(text.charAt(at)) + text.slice(at + 1);
  };
  const byte = (from: number, to: number): string => String.fromCharCode(from + random(to - from));
  const mutations: ((text: string) => string)[] = [
    (text) => replace(text, (char) => String.fromCharCode(char.charCodeAt(0) ^ (1 << random(8)))),
    (text) => text.slice(0, random(text.length + 1)),
    (text) => text.slice(random(text.length + 1)),
    (text) => Array.from({ length: 2 + random(5) }, () => text).join('; '),
    (text) =>
      [text, ...Array.from({ length: 1 + random(5) }, cookie)]
        .sort(() => random(3) - 1)
        .join(pick(['; ', ';', ' ; '])),
    (text) => text.split('; ').reverse().join('; '),
    (text) => text.replace('=', '="') + '"',
    (text) => insert(text, pick(SCRAPS)),
    (text) => insert(text, byte(0, 32)),
    (text) => insert(text, pick(['\0', '\x7f', '\r', '\n'])),
    (text) => insert(text, byte(0x80, 0x100)),
    (text) => insert(text, pick(FRAGMENTS)),
    (text) => insert(text, pick(['A', '%41', '; a=b', '\xff']).repeat(8192 / 8)),
    (text) => replace(text, (char) => encodeURIComponent(char)),
    (text) => replace(text, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`),
    (text) =>
      replace(text, (char) => (char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase())),
    (text) => replace(text, () => ''),
  ];
  let text = random(2) === 0 ? `connect.sid=${good}` : cookie();
  for (let times = random(20) === 0 ? 0 : 1 + random(3); times > 0; times--) text = pick(mutations)(text);
  // A whole line end would begin another header, which is not a cookie.
  return Buffer.from(text.replaceAll('\r\n', '\r'), 'latin1').subarray(0, LONGEST_HEADER);
}

/** The rules as documented, told once more: the first 32 values of the name, without quotes, decoded where that goes. */
function readValues(header: Buffer): string[] {
  const pairs = header
    .toString('latin1')
    .split(';')
    .map((pair) => /^([^=]*)=(.*)$/s.exec(pair));
  return pairs
    .filter((pair) => pair?.[1]!.trim() === 'connect.sid')
    .slice(0, 32)
    .map((pair) => {
      const bare = pair![2]!.trim().replace(/^"(.*)"$/s, '$1');
      try {
        return decodeURIComponent(bare);
      } catch {
        return bare;
      }
    });
}

/** What Node's own parser answers with 400, before any application sees it. */
function isRefusedByNode(header: Buffer): boolean {
  return header.some((byte) => (byte < 0x20 && byte !== 0x09) || byte === 0x7f);
}

interface Answer {
  readonly status: number;
  /** The whole answer, without its date. */
  readonly text: string;
}

/** Headers that Node refuses go alone, since it then closes the connection; the others in long pipes. */
async function exchangeAll(port: number, headers: readonly Buffer[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  const numbers = (refused: boolean): number[] =>
    [...headers.keys()].filter((n) => isRefusedByNode(headers[n]!) === refused);
  const batches = [...chunks(numbers(false), IN_A_PIPE), ...chunks(numbers(true), 1)];
  const pipe = async (): Promise<void> => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      const got = await exchange(
        port,
        batch.map((n) => headers[n]!),
      );
      for (const [at, n] of batch.entries()) answers[n] = got[at] ?? { status: 0, text: 'no answer' };
    }
  };
  await Promise.all(Array.from({ length: PIPES }, pipe));
  return answers;
}

/** Sends requests one after another over one connection without waiting, and gives the answers that came, in order. */
function exchange(port: number, headers: readonly Buffer[]): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    const answers: Answer[] = [];
    let rest = '';
    const socket = connect(port, '127.0.0.1', () => {
      for (const header of headers)
        socket.write(
          Buffer.concat([
            Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nCookie: '),
            header,
            Buffer.from('\r\n\r\n'),
          ]),
        );
    });
    socket.on('data', (data) => {
      rest += data.toString('latin1');
      for (let end = endOfAnswer(rest); end !== null; end = endOfAnswer(rest)) {
        const text = rest.slice(0, end).replace(/\r\nDate: [^\r]*/, '');
        answers.push({ status: Number(text.slice(9, 12)), text });
        rest = rest.slice(end);
      }
      if (answers.length === headers.length) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answers));
  });
}

function endOfAnswer(text: string): number | null {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return null;
  const end = head + 4 + Number(/\r\nContent-Length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
  return text.length < end ? null : end;
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}

/** A small generator of random numbers that a seed repeats. */
function mulberry32(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
