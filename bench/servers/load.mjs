import { connect } from 'node:net';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';

const CONNECTIONS = 16;

let lines;

/** Opens the connections. With `login`, each connection gets its own session. */
export async function open({ port, login }) {
  lines?.forEach(({ socket }) => socket.destroy());
  lines = await Promise.all(Array.from({ length: CONNECTIONS }, () => openLine(port)));
  if (login === undefined) return;
  for (const line of lines) {
    const head = await new Promise((resolve) => ask(line, login, resolve));
    const cookie = /^set-cookie: ([^;\r]*)/im.exec(head)?.[1];
    if (cookie !== undefined) line.cookie = `Cookie: ${cookie}; theme=dark\r\n`;
  }
}

async function openLine(port) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  const line = { socket, cookie: 'Cookie: theme=dark\r\n', answered: () => {}, text: '' };
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    line.text += text;
    if (!isWhole(line.text)) return;
    const { text: answer } = line;
    line.text = '';
    line.answered(answer);
  });
  return line;
}

function isWhole(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0);
  return text.length >= end + 4 + length;
}

function ask(line, path, answered) {
  line.answered = answered;
  line.socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: application/json\r\n${line.cookie}\r\n`,
  );
}

/** Sends `count` requests, one at a time per connection. Resolves with the duration and the failures. */
export function load({ path, count }) {
  const began = performance.now();
  let sent = 0;
  let done = 0;
  let failed = 0;
  return new Promise((resolve) => {
    const next = (line) => {
      if (sent === count) return;
      sent++;
      ask(line, path, (answer) => {
        if (!answer.startsWith('HTTP/1.1 200')) failed++;
        if (++done === count) resolve({ wallMs: performance.now() - began, failed });
        else next(line);
      });
    };
    lines.forEach(next);
  });
}
