import type { UserSession } from 'nest-session';
import type { User } from '../users/users.service.js';
import { html } from './html.js';
import { layout } from './layout.js';
import { sessionFacts, times, viewTable } from './session-facts.js';
import type { Views } from './views.js';

export function homePage(user: User | undefined, session: UserSession, views: Views): string {
  const body = html`<h1>${user === undefined ? 'Hello, visitor' : `Hello, ${user.fullName}`}</h1>
    <p class="lead">You have seen this page <strong>${times(views['/'])}</strong>.</p>
    <p>
      Reload it, or look at the <a href="/about">other page</a>: each is counted by itself. The numbers are in
      your session on the server; your browser holds nothing but a cookie with its id.
    </p>
    <div class="cards">${viewTable(views)}${sessionFacts(session, user)}</div>
    ${user === undefined ? html`<p><a class="button" href="/login">Log in</a></p>` : ''}`;
  return layout({ path: '/', user, body });
}
