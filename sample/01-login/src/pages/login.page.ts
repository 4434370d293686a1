import { DEMO_USERS } from '../users/users.service.js';
import { html, type Html } from './html.js';
import { layout } from './layout.js';

/** The failed attempt of a visitor. */
export interface Attempt {
  readonly name: string;
  readonly isWrong: boolean;
}

export function loginPage({ name, isWrong }: Attempt = { name: '', isWrong: false }): string {
  const body = html`<h1>Log in</h1>
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
          ${isWrong ? WRONG : ''}
          autofocus
        />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          ${isWrong ? WRONG : ''}
        />
        <button>Log in</button>
      </form>
      ${demoUsers()}
    </div>`;
  return layout({ path: '/login', user: undefined, body });
}

const WRONG = html`aria-invalid="true" aria-describedby="error"`;

function demoUsers(): Html {
  return html`<section class="card" aria-labelledby="demo">
    <h2 id="demo">Users of this demo</h2>
    <table class="texts">
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
