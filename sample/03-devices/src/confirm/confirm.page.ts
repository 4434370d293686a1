import { html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { passwordField } from '../pages/password-field.js';
import type { User } from '../users/users.service.js';

/** Where the user continues. */
export interface NextStep {
  readonly path: string;
  readonly method: 'GET' | 'POST';
}

interface Confirmation {
  readonly user: User | undefined;
  readonly next: NextStep;
  readonly isWrong: boolean;
}

export function confirmPage({ user, next, isWrong }: Confirmation): string {
  const body = html`<h1>Confirm that it is you</h1>
    <p>Enter your password to continue. For five minutes you will not be asked again.</p>
    <div class="cards">
      <form class="card" method="post" action="/confirm">
        ${isWrong ? html`<p class="error" id="error" role="alert">This is not your password. Try again.</p>` : ''}
        ${passwordField({ label: 'Password', isWrong, hasFocus: true })}
        <input type="hidden" name="next" value="${next.path}" />
        <input type="hidden" name="method" value="${next.method}" />
        <button>${next.method === 'POST' ? 'Confirm and sign out' : 'Confirm'}</button>
      </form>
    </div>`;
  return layout({ title: 'Confirm', path: '/confirm', user, body });
}
