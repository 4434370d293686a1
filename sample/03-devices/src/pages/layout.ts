import type { User } from '../users/users.service.js';
import { html, type Html } from './html.js';

/** The parts of a page that the layout needs. */
interface Page {
  readonly title: string;
  readonly path: string;
  readonly user: User | undefined;
  readonly body: Html;
}

/** A complete page as text. */
export function layout({ title, path, user, body }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · nest-session</title>
        <link rel="icon" href="${ICON}" />
        <link rel="stylesheet" href="/style.css" />
        ${user === undefined ? '' : html`<script src="/ended.js" defer></script>`}
      </head>
      <body>
        <header>
          <a class="brand" href="/"><img src="${ICON}" alt="" width="28" height="28" />nest-session</a>
          ${user === undefined ? '' : navigation(user, path)}
        </header>
        <main>${body}</main>
        <footer>This page is made in <code>sample/03-devices</code>.</footer>
      </body>
    </html>`.toString();
}

const ICON =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#b3261e"/>' +
      '<rect x="6" y="8" width="14" height="11" rx="2" fill="#ffd9d5"/><rect x="18" y="12" width="8" height="13" rx="2" fill="#fff"/></svg>',
  );

/** The logout is a form: browsers and crawlers may send a GET without a click, so a GET changes nothing. */
function navigation({ fullName }: User, path: string): Html {
  return html`<nav aria-label="Pages">
      ${link('/devices', 'Devices', path)}${link('/password', 'Password', path)}
    </nav>
    <span class="name">${fullName}</span>
    <form method="post" action="/logout"><button class="quiet">Sign out</button></form>`;
}

const link = (to: string, title: string, path: string): Html =>
  to === path ? html`<a href="${to}" aria-current="page">${title}</a>` : html`<a href="${to}">${title}</a>`;
