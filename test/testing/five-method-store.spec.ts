import { readFileSync } from 'node:fs';
import { SessionStore } from 'nest-session';
import { MySessionStore } from './docs/my-session-store.js';

const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const PAGE = textOf('../../docs/stores.md');
const SNIPPETS = [...PAGE.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code);

describe('the five-method store of docs/stores.md', () => {
  it('is my-session-store.ts, which the compiler checks', () => {
    expect(SNIPPETS[0]).toBe(textOf('docs/my-session-store.ts'));
    expect(new MySessionStore()).toBeInstanceOf(SessionStore);
  });

  it('is tested by my-session-store.spec.ts, with the options that the page shows', () => {
    expect(SNIPPETS[1]).toBe(textOf('docs/my-session-store.spec.ts'));
  });
});
