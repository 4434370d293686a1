import { html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { passwordField } from '../pages/password-field.js';
import { SHORTEST_PASSWORD, type User } from '../users/users.service.js';

export function passwordPage(user: User | undefined, isShort = false): string {
  const body = html`<h1>Change your password</h1>
    <p>Choose at least ${SHORTEST_PASSWORD} characters. All your other devices will be signed out.</p>
    <div class="cards">
      <form class="card" method="post" action="/password">
        ${isShort ? html`<p class="error" id="error" role="alert">A password needs at least ${SHORTEST_PASSWORD} characters.</p>` : ''}
        ${passwordField({ label: 'New password', isWrong: isShort, hasFocus: true, isNew: true })}
        <button>Change password</button>
      </form>
    </div>`;
  return layout({ title: 'Password', path: '/password', user, body });
}
