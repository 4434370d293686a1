import { html, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { passwordField } from '../pages/password-field.js';
import { DEMO_USERS } from '../users/users.service.js';

/** The attempt before. */
interface Attempt {
  readonly name?: string;
  readonly isWrong?: boolean;
  /** The session of the browser has ended. */
  readonly hasEnded?: boolean;
}

export function loginPage({ name = '', isWrong = false, hasEnded = false }: Attempt): string {
  const body = html`<h1>Sign in</h1>
    ${hasEnded ? html`<p class="done" role="status">This device was signed out.</p>` : ''}
    <div class="cards">
      <form class="card" method="post" action="/login">
        ${isWrong ? html`<p class="error" id="error" role="alert">This user name and password do not match. Try again.</p>` : ''}
        <label for="name">User name</label>
        <input
          id="name"
          name="name"
          value="${name}"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
          ${isWrong ? '' : html`autofocus`}
        />
        ${passwordField({ label: 'Password', isWrong, hasFocus: isWrong })}
        <button>Sign in</button>
      </form>
      ${demoUsers()}
    </div>`;
  return layout({ title: 'Sign in', path: '/login', user: undefined, body });
}

function demoUsers(): Html {
  return html`<section class="card" aria-labelledby="demo">
    <h2 id="demo">Users of this demo</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">User name</th>
          <th scope="col">Password</th>
        </tr>
      </thead>
      <tbody>
        ${DEMO_USERS.map(
          (user) =>
            html`<tr>
              <td><code>${user.name}</code></td>
              <td><code>${user.password}</code></td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}
