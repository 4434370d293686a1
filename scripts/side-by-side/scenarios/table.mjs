import { group, memory, withoutTouch } from './common.mjs';

const YES_NO = [true, false];

/** All combinations of the table of rule R43, with and without maxAge. They run with three stores. */
const combinations = YES_NO.flatMap((resave) =>
  YES_NO.flatMap((saveUninitialized) =>
    YES_NO.flatMap((rolling) =>
      YES_NO.flatMap((known) =>
        YES_NO.flatMap((modified) =>
          YES_NO.map((lasting) => ({ resave, saveUninitialized, rolling, known, modified, lasting })),
        ),
      ),
    ),
  ),
);

const STORES = { 'map store': undefined, MemoryStore: memory, 'store without touch': withoutTouch };

export const table = Object.entries(STORES).flatMap(([storeName, store]) =>
  group(
    `table, ${storeName}`,
    combinations.map((one) => ({
      title: titleOf(one),
      on: storeName === 'map store' ? 'express' : 'http',
      ...(store ? { store } : {}),
      options: {
        resave: one.resave,
        saveUninitialized: one.saveUninitialized,
        rolling: one.rolling,
        cookie: one.lasting ? { maxAge: 60_000 } : {},
      },
      requests: [
        ...(one.known ? ['/set', ({ clock }) => clock.advance(1000)] : []),
        one.modified ? '/set' : '/read',
      ],
    })),
  ),
);

function titleOf({ known, modified, lasting, ...options }) {
  const on = Object.keys(options).filter((name) => options[name]);
  const kind = `${known ? 'known' : 'new'} ${modified ? 'modified' : 'untouched'}`;
  return `${kind}${lasting ? ', maxAge' : ''}; ${on.join(' ') || 'no options'}`;
}
