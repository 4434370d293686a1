import type { User } from '../users/users.service.js';
import { html } from './html.js';
import { layout } from './layout.js';
import { times, viewTable } from './session-facts.js';
import type { Views } from './views.js';

export function aboutPage(user: User | undefined, views: Views): string {
  const body = html`<h1>What to try</h1>
    <p class="lead">You have seen this page <strong>${times(views['/about'])}</strong>.</p>
    <ol class="steps">
      <li><strong>Count.</strong> Reload, or open several tabs concurrently: no view is lost.</li>
      <li>
        <strong>Log in.</strong> The cookie gets a new value, the old one is dead, and your counters stay.
      </li>
      <li>
        <strong>Restart the server</strong> with Ctrl+C and <code>npm start</code>: you are still logged in.
      </li>
      <li>
        <strong>Close the browser</strong> and open it again: still logged in, for seven days after your last
        visit.
      </li>
      <li>
        <strong>Log out.</strong> The session is gone from the server; a copy of the cookie does not bring it
        back.
      </li>
    </ol>
    <div class="cards">${viewTable(views)}</div>`;
  return layout({ path: '/about', user, body });
}
