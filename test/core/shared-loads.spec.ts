import { setImmediate as turn } from 'node:timers/promises';
import type { SessionKey } from '../../lib/core/session-key.js';
import { NEVER, type SessionRecord } from '../../lib/core/session-record.js';
import { SharedLoads } from '../../lib/core/shared-loads.js';

const [KEY, OTHER] = ['one', 'other'] as [SessionKey, SessionKey];
const RECORD: SessionRecord = {
  createdAt: 0,
  touchedAt: 0,
  expiresAt: NEVER,
  principal: null,
  revision: 0,
  attributes: new Map(),
};

describe('SharedLoads', () => {
  let asked: SessionKey[];
  let loads: SharedLoads;
  const load = async (key: SessionKey): Promise<SessionRecord | null> => {
    asked.push(key);
    return RECORD;
  };
  beforeEach(() => {
    asked = [];
    loads = new SharedLoads();
  });

  it('asks once for all who ask at the same moment', async () => {
    const found = await Promise.all([
      loads.share(KEY, load),
      loads.share(KEY, load),
      loads.share(OTHER, load),
    ]);
    expect(found).toEqual([RECORD, RECORD, RECORD]);
    expect(asked).toEqual([KEY, OTHER]);
  });

  it('asks again a moment later: what was written since must be seen', async () => {
    void loads.share(KEY, load);
    await turn();
    await loads.share(KEY, load);
    expect(asked).toEqual([KEY, KEY]);
  });

  it('asks again after a write of the same session', async () => {
    void loads.share(KEY, load);
    loads.forget(KEY);
    await loads.share(KEY, load);
    expect(asked).toEqual([KEY, KEY]);
  });

  it('shares no failure with those who come after it', async () => {
    const fail = async (): Promise<never> => {
      throw new Error('down');
    };
    await expect(loads.share(KEY, fail)).rejects.toThrow('down');
    expect(await loads.share(KEY, load)).toBe(RECORD);
  });

  it('has nothing to share where the answer is there at once', () => {
    const atOnce = (key: SessionKey): SessionRecord => (asked.push(key), RECORD);
    expect([loads.share(KEY, atOnce), loads.share(KEY, atOnce)]).toEqual([RECORD, RECORD]);
    expect(asked).toEqual([KEY, KEY]);
  });
});
