import { connect } from 'node:net';

const PATIENCE_MS = 2000;

/** Sends one command to a Redis server over a new connection. Resolves with the raw text of the reply. */
export function redisCommand(port, ...words) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = '';
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`Redis did not reply to ${words[0]}`)));
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`Redis closed the connection during ${words[0]}`)));
    socket.on('data', (text) => {
      answer += text;
      if (!isWhole(answer)) return;
      if (answer.startsWith('-')) reject(new Error(`Redis: ${answer.slice(1).trim()}`));
      else resolve(answer);
      socket.destroy();
    });
    socket.write(words.map((word) => JSON.stringify(String(word))).join(' ') + '\r\n');
  });
}

/** Whether a reply is complete. Commands used here reply with one line, or with a length and a text. */
function isWhole(answer) {
  const firstLine = answer.indexOf('\r\n') + 2;
  if (firstLine === 1) return false;
  return !answer.startsWith('$') || answer.length >= firstLine + Number.parseInt(answer.slice(1)) + 2;
}
