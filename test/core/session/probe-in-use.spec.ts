import { probeInUse } from '../../../lib/core/session/probe-in-use.js';
import type { OpenSession } from '../../../lib/core/session/open-session.js';
import type { SessionId } from '../../../lib/core/session-id.js';
import { hours, minutes } from '../../../lib/core/util/clock.js';
import { Application } from './application.js';

const probed = (open: OpenSession) => open.run(probeInUse);

async function timesOf(app: Application, id: SessionId) {
  const { touchedAt, expiresAt } = (await app.record(id))!;
  return { touchedAt, expiresAt };
}

describe('a connection that counts as activity', () => {
  it('touches its session once a minute at most, by its idle timeout', async () => {
    const app = new Application({ idleMs: minutes(10) });
    const id = await app.stored({ n: 1 });
    const open = await app.open(id);
    const before = await timesOf(app, id);
    app.clock.advance(minutes(1) - 1);
    expect(await probed(open)).toMatchObject(before);
    expect(await timesOf(app, id)).toEqual(before);
    expect(app.calls).not.toContain('patch');
    app.clock.advance(1);
    const after = { touchedAt: before.touchedAt + minutes(1), expiresAt: before.expiresAt + minutes(1) };
    expect(await probed(open)).toMatchObject(after);
    expect(await timesOf(app, id)).toEqual(after);
    expect(app.calls.filter((call) => call === 'patch')).toHaveLength(1);
  });

  it('does not extend it beyond the absolute timeout (S-35)', async () => {
    const app = new Application({ idleMs: minutes(50), absoluteMs: hours(1) });
    const id = await app.stored({ n: 1 });
    const open = await app.open(id);
    const { touchedAt: createdAt } = await timesOf(app, id);
    app.clock.advance(minutes(40));
    await probed(open);
    expect((await timesOf(app, id)).expiresAt).toBe(createdAt + hours(1));
    app.clock.advance(minutes(20));
    expect(await probed(open)).toBe('expired');
  });

  it('has the timeouts of the session and its cookie', async () => {
    const app = new Application({ idleMs: minutes(50) });
    const id = await app.stored({ n: 1 });
    const changed = await app.open(id);
    changed.session.setLifetime({ idle: minutes(20) });
    await changed.commit();
    const open = await app.open(id);
    app.clock.advance(minutes(2));
    await probed(open);
    expect((await timesOf(app, id)).expiresAt).toBe(app.clock.now() + minutes(20));
  });

  it('leaves what the session shows, its unsaved changes and those of other requests', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const open = await app.open(id);
    open.session['mine'] = 1;
    open.session.update<number>('n', (n = 0) => n + 1);
    const other = await app.open(id);
    other.session.update<number>('n', (n = 0) => n + 10);
    await other.commit();
    app.clock.advance(minutes(2));
    await probed(open);
    expect(open.session).toMatchObject({ n: 2, mine: 1 });
    expect(await app.dataOf(id)).toEqual({ n: 11 });
    await open.commit();
    expect(await app.dataOf(id)).toEqual({ n: 12, mine: 1 });
  });

  it('reports the end of the session instead', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const open = await app.open(id);
    await (await app.open(id)).destroy();
    app.clock.advance(minutes(2));
    expect(await probed(open)).toBe('gone');
  });
});
