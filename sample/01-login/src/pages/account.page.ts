import type { UserSession } from 'nest-session';
import type { User } from '../users/users.service.js';
import { html } from './html.js';
import { layout } from './layout.js';
import { sessionFacts, times, viewTable } from './session-facts.js';
import type { Views } from './views.js';

export function accountPage(user: User, session: UserSession, views: Views): string {
  const body = html`<h1>Account of ${user.fullName}</h1>
    <p class="lead">You have seen this page <strong>${times(views['/account'])}</strong>.</p>
    <p>Only you see it: without a login, this address leads to the login page.</p>
    <div class="cards">${sessionFacts(session, user)}${viewTable(views)}</div>`;
  return layout({ path: '/account', user, body });
}
