import type { UserSession } from 'nest-session';

/** The counted pages. The list is fixed, so that a visitor cannot enlarge a session with invented paths. */
export const PAGES = { '/': 'Home', '/about': 'About', '/login': 'Log in', '/account': 'Account' } as const;

export type PagePath = keyof typeof PAGES;

/** Views of each page by a visitor. */
export type Views = Partial<Record<PagePath, number>>;

/**
 * Counts a view of a page and returns all counters. Unlike an assignment, `update` is exact: two tabs that load
 * concurrently do not overwrite each other's count.
 */
export function countView(session: UserSession, path: PagePath): Views {
  return session.update('views', (views = {}) => ({ ...views, [path]: (views[path] ?? 0) + 1 }));
}
