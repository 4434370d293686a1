import type { Person } from '../people.js';
import { html, Html } from './html.js';
import { STYLE } from './style.js';

/** The result of a controller. */
export interface Page {
  readonly person: Person | undefined;
  readonly body: Html;
}

/** The process that responds, and the processes of the last visits. */
export interface ServedBy {
  readonly name: string;
  readonly adapter: string;
  readonly pid: number;
  readonly trail: readonly string[];
}

/** A complete page as text. */
export function layout({ person, body }: Page, served: ServedBy): string {
  return html`<!doctype html>
    <html lang="en" class="${served.name}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${served.name} · nest-session</title>
        <link rel="icon" href="${ICON}" />
        ${STYLE_TAG}
      </head>
      <body>
        <header>
          <a class="brand" href="/"><img src="${ICON}" alt="" width="28" height="28" />nest-session</a>
          ${person === undefined ? html`<span class="who">Not logged in</span>` : logoutForm(person)}
        </header>
        <main>${servedBy(served)}${body}</main>
        <footer>
          This page is made in <code>sample/02-redis-cluster-of-apps</code>. To see what happens without this
          process: <code>kill -9 ${served.pid}</code>, and reload.
        </footer>
      </body>
    </html>`.toString();
}

// Not escaped: the browser compares it with the hash in the headers.
const STYLE_TAG = new Html(`<style>${STYLE}</style>`);

const ICON =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#b3261e"/>' +
      '<g fill="#ffd9d5"><circle cx="11" cy="14" r="4"/><circle cx="21" cy="14" r="4"/><circle cx="16" cy="12" r="4.5"/></g>' +
      '<path d="M5 15h22c0 6-5 10-11 10S5 21 5 15z" fill="#fff"/></svg>',
  );

function servedBy({ name, adapter, trail }: ServedBy): Html {
  return html`<h1>Served by <span class="app" data-served-by>${name}</span> on ${adapter}</h1>
    <ol class="trail" aria-label="Who answered your last visits, the newest last">
      ${trail.map((each) => html`<li class="${each}">${each}</li>`)}
    </ol>`;
}

function logoutForm({ name }: Person): Html {
  return html`<form class="who" method="post" action="/logout">
    <span>${name}</span>
    <button class="quiet">Log out</button>
  </form>`;
}
