import type { UserSession } from 'nest-session';

/** The pages that are counted. Fixed, so that no visitor can make a session grow by inventing paths. */
export const PAGES = { '/': 'Home', '/about': 'About', '/login': 'Log in', '/account': 'Account' } as const;

export type PagePath = keyof typeof PAGES;

/** How often a visitor saw each page. */
export type Views = Partial<Record<PagePath, number>>;

/**
 * Counts a page and returns all counters. `update` is exact where an assignment is not: of two tabs that load at the
 * same moment, neither overwrites the other's count.
 */
export function countView(session: UserSession, path: PagePath): Views {
  return session.update('views', (views = {}) => ({ ...views, [path]: (views[path] ?? 0) + 1 }));
}
