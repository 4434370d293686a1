import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { setInterval } from 'node:timers';
import { runCommand, removeExpired } from './mongo-commands.mjs';

/** Asked for when it is needed: by then the packages of the run are installed. */
const bson = () => createRequire(import.meta.url)('bson');
const deserialize = (bytes) => bson().deserialize(bytes);
const serialize = (document) => bson().serialize(document);

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER = 16;

/**
 * A server that speaks as much of MongoDB's wire protocol as session stores use, over plain objects. It is no MongoDB:
 * what passes here shows that a store sends right commands and understands the answers, not more.
 */
export async function startMongoWire() {
  const databases = new Map();
  const server = createServer((socket) => {
    let waiting = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (part) => {
      waiting = Buffer.concat([waiting, part]);
      while (waiting.length >= HEADER && waiting.length >= waiting.readInt32LE(0)) {
        const size = waiting.readInt32LE(0);
        const answer = answerTo(waiting.subarray(0, size), databases);
        if (answer !== null) socket.write(answer);
        waiting = waiting.subarray(size);
      }
    });
  });
  setInterval(() => removeExpired(databases), 500).unref();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `mongodb://127.0.0.1:${server.address().port}/sessions`;
}

function answerTo(message, databases) {
  const requestId = message.readInt32LE(4);
  const kind = message.readInt32LE(12);
  if (kind === OP_QUERY) {
    // Old-fashioned greetings: flags, a name that ends with a zero, two numbers, a document.
    const command = deserialize(message.subarray(message.indexOf(0, HEADER + 4) + 9));
    const head = Buffer.alloc(20);
    head.writeInt32LE(1, 16);
    return frame(OP_REPLY, requestId, Buffer.concat([head, serialize(run(command, databases))]));
  }
  if (kind !== OP_MSG) return null;
  const { command, wantsNoAnswer } = readMessage(message);
  const result = run(command, databases);
  if (wantsNoAnswer) return null;
  return frame(OP_MSG, requestId, Buffer.concat([Buffer.alloc(5), serialize(result)]));
}

function run(command, databases) {
  try {
    return { ok: 1, ...runCommand(command, databases) };
  } catch (error) {
    return { ok: 0, errmsg: error.message, code: error.code ?? 1 };
  }
}

/** A command, with the lists of documents that follow it put back where they belong. */
function readMessage(message) {
  const flags = message.readUInt32LE(HEADER);
  const end = (flags & 1) === 1 ? message.length - 4 : message.length;
  const command = {};
  for (let at = HEADER + 4; at < end;) {
    const isList = message[at] === 1;
    const size = message.readInt32LE(at + 1);
    const section = message.subarray(at + 1, at + 1 + size);
    if (isList) Object.assign(command, readList(section));
    else Object.assign(command, deserialize(section));
    at += 1 + size;
  }
  return { command, wantsNoAnswer: (flags & 2) === 2 };
}

function readList(section) {
  const nameEnd = section.indexOf(0, 4);
  const documents = [];
  for (let at = nameEnd + 1; at < section.length; at += section.readInt32LE(at))
    documents.push(deserialize(section.subarray(at, at + section.readInt32LE(at))));
  return { [section.toString('utf8', 4, nameEnd)]: documents };
}

function frame(kind, responseTo, body) {
  const head = Buffer.alloc(HEADER);
  head.writeInt32LE(HEADER + body.length, 0);
  head.writeInt32LE(responseTo, 8);
  head.writeInt32LE(kind, 12);
  return Buffer.concat([head, body]);
}
