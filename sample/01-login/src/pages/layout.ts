import type { User } from '../users/users.service.js';
import { html, type Html } from './html.js';
import { PAGES, type PagePath } from './views.js';

/** The parts of a page that the layout needs. */
export interface Page {
  readonly path: PagePath;
  readonly user: User | undefined;
  readonly body: Html;
}

/** A complete page as text. */
export function layout({ path, user, body }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${PAGES[path]} · nest-session</title>
        <link rel="icon" href="${ICON}" />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <header>
          <a class="brand" href="/"><img src="${ICON}" alt="" width="28" height="28" />nest-session</a>
          <nav aria-label="Pages">${linksFor(user).map((to) => link(to, path))}</nav>
          ${user === undefined ? '' : logoutForm(user)}
        </header>
        <main>${body}</main>
        <footer>This page is made in <code>sample/01-login</code>.</footer>
      </body>
    </html>`.toString();
}

const ICON =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#b3261e"/>' +
      '<g fill="#ffd9d5"><circle cx="11" cy="14" r="4"/><circle cx="21" cy="14" r="4"/><circle cx="16" cy="12" r="4.5"/></g>' +
      '<path d="M5 15h22c0 6-5 10-11 10S5 21 5 15z" fill="#fff"/></svg>',
  );

const linksFor = (user: User | undefined): PagePath[] => [
  '/',
  '/about',
  user === undefined ? '/login' : '/account',
];

function link(to: PagePath, path: PagePath): Html {
  return to === path
    ? html`<a href="${to}" aria-current="page">${PAGES[to]}</a>`
    : html`<a href="${to}">${PAGES[to]}</a>`;
}

/** A form and not a link: browsers and crawlers may send a GET without a click, so a GET must not change anything. */
function logoutForm({ fullName }: User): Html {
  return html`<form class="who" method="post" action="/logout">
    <span>${fullName}</span>
    <button class="quiet">Log out</button>
  </form>`;
}
