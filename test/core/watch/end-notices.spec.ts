import type { SessionEvent } from '../../../lib/core/session-event.js';
import { EndNotices } from '../../../lib/core/watch/end-notices.js';
import type { EndedSessions } from '../../../lib/core/watch/session-end.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** A server that passes texts to its subscribers. */
class Server {
  readonly sent: string[] = [];
  readonly listeners = new Set<(notice: string | null) => void>();
  isDown = false;
  async publish(notice: string): Promise<void> {
    if (this.isDown) throw new Error('down');
    this.sent.push(notice);
    for (const listener of this.listeners) listener(notice);
  }
  subscribe(onNotice: (notice: string | null) => void): () => Promise<void> {
    this.listeners.add(onNotice);
    return async () => void this.listeners.delete(onNotice);
  }
}

describe('notices of ended sessions', () => {
  let server: Server;
  let failures: number;
  const noticesOf = (realm = 'default'): EndNotices => new EndNotices(server, realm, () => failures++);
  const heard = (notices: EndNotices): (EndedSessions | null)[] => {
    const ends: (EndedSessions | null)[] = [];
    notices.subscribe((end) => void ends.push(end));
    return ends;
  };
  const emit = (notices: EndNotices, event: object): void =>
    notices.publish({ sessionName: 'default', at: 0, principal: 'u1', ...event } as SessionEvent);

  beforeEach(() => {
    server = new Server();
    failures = 0;
  });

  it('tell other processes what has ended and why', async () => {
    const ends = heard(noticesOf());
    const notices = noticesOf();
    emit(notices, { type: 'logout', handle: 'h1' });
    emit(notices, { type: 'revoked', reason: 'registry', handle: 'h2' });
    emit(notices, { type: 'expired', handle: 'h3' });
    emit(notices, { type: 'login', handle: 'h5', formerHandle: 'h4' });
    emit(notices, { type: 'revoked', reason: 'everything', handle: null });
    await turn();
    expect(ends).toEqual([
      { reason: 'logout', handles: ['h1'] },
      { reason: 'revoked', handles: null },
      { reason: 'revoked', handles: ['h2'] },
      { reason: 'expired', handles: ['h3'] },
      { reason: 'replaced', handles: ['h4'] },
    ]);
  });

  it('contain handles and no principal', async () => {
    const notices = noticesOf();
    emit(notices, { type: 'logout', handle: 'h1' });
    await turn();
    expect(server.sent).toEqual(['["default","logout",["h1"]]']);
  });

  it('say nothing of a step-up, and of events that end no session', async () => {
    const notices = noticesOf();
    emit(notices, { type: 'login', handle: 'h1', formerHandle: null, isStepUp: true });
    emit(notices, { type: 'created', handle: 'h1' });
    await turn();
    expect(server.sent).toEqual([]);
  });

  it('have many handles in one text of at most 4096 bytes', async () => {
    const notices = noticesOf('\u{10FFFF}\u0000'.repeat(42));
    for (let n = 0; n < 250; n++) emit(notices, { type: 'logout', handle: `handle-of-${100_000 + n}` });
    await turn();
    expect(server.sent).toHaveLength(3);
    for (const text of server.sent) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
  });

  it('are for one session name, and other texts are ignored', async () => {
    const ends = heard(noticesOf());
    emit(noticesOf('admin'), { type: 'logout', handle: 'h1' });
    await turn();
    for (const text of [
      '',
      'null',
      '{}',
      '["default","unknown",["h1"]]',
      '["default","logout","h1"]',
      '["default"]',
    ])
      await server.publish(text);
    expect(ends).toEqual([]);
  });

  it('pass on that some may have been missed', () => {
    const ends = heard(noticesOf());
    for (const listener of server.listeners) listener(null);
    expect(ends).toEqual([null]);
  });

  it('report a text that could not be sent', async () => {
    const notices = noticesOf();
    server.isDown = true;
    emit(notices, { type: 'logout', handle: 'h1' });
    await turn();
    expect(failures).toBe(1);
  });
});
