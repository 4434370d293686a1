import { createHash } from 'node:crypto';
import { newSessionId, sessionHandle, type SessionId, sessionKey } from '../../lib/core/session-id.js';

const ID = 'aB3dEfGhIjKlMnOpQrStUvWxYz012345' as SessionId;

describe('sessionKey', () => {
  it('is the version and the SHA-256 of the id in base64url', () => {
    expect(sessionKey(ID)).toBe(`1.${createHash('sha256').update(ID).digest('base64url')}`);
  });

  it('never changes from release to release: sessions in stores depend on it (S-15)', () => {
    expect(sessionKey(ID)).toBe('1.VtTLtKv1DeWashWpCekXsTIV6lFjXUiy61CSdG5qDUU');
  });

  it('is 45 characters of ASCII, whatever the id', () => {
    for (const id of [ID, 'x'.repeat(256), newSessionId()]) {
      expect(sessionKey(id as SessionId)).toMatch(/^1\.[A-Za-z0-9_-]{43}$/);
    }
  });

  it('does not contain the id, so that a stolen store opens no session (S-19)', () => {
    expect(sessionKey(ID)).not.toContain(ID);
    expect(sessionKey(sessionKey(ID) as unknown as SessionId)).not.toBe(sessionKey(ID));
  });

  it('differs for ids that differ in one character, or only in case', () => {
    const others = [`${ID.slice(0, -1)}6`, ID.toLowerCase(), `${ID}6`].map((id) =>
      sessionKey(id as SessionId),
    );
    expect(new Set([sessionKey(ID), ...others]).size).toBe(4);
  });
});

describe('sessionHandle', () => {
  it('is always the same 16 characters, safe in logs and URLs', () => {
    const handle = sessionHandle(sessionKey(ID));
    expect(handle).toMatch(/^[A-Za-z0-9_-]{16}$/);
    expect(sessionHandle(sessionKey(ID))).toBe(handle);
  });

  it('contains no part of the id or the key (S-66)', () => {
    const key = sessionKey(ID);
    const handle = sessionHandle(key);
    expect(ID).not.toContain(handle);
    expect(key).not.toContain(handle);
    expect(createHash('sha256').update(key).digest('base64url')).not.toContain(handle);
  });

  it('differs from session to session', () => {
    const handles = Array.from({ length: 10_000 }, () => sessionHandle(sessionKey(newSessionId())));
    expect(new Set(handles).size).toBe(10_000);
  });
});
