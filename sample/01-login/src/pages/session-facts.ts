import type { UserSession } from 'nest-session';
import type { User } from '../users/users.service.js';
import { html, type Html } from './html.js';
import { PAGES, type PagePath, type Views } from './views.js';

/** Public facts about a session: its `handle`, never its `id`, which is the secret in the cookie. */
export function sessionFacts(session: UserSession, user: User | undefined): Html {
  return html`<section class="card" aria-labelledby="session">
    <h2 id="session">Your session</h2>
    <dl>
      ${fact('Logged in', user?.fullName ?? 'No')} ${fact('Created', time(session.createdAt))}
      ${fact('Expires unless used', time(session.expiresAt))}
      ${fact('Public handle', html`<code>${session.handle}</code>`)}
    </dl>
  </section>`;
}

/** Views of each page by the visitor. */
export function viewTable(views: Views): Html {
  const paths = Object.keys(PAGES) as PagePath[];
  return html`<section class="card" aria-labelledby="views">
    <h2 id="views">Your page views</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">Page</th>
          <th scope="col">Views</th>
        </tr>
      </thead>
      <tbody>
        ${paths.map(
          (path) =>
            html`<tr>
              <th scope="row"><a href="${path}">${path}</a></th>
              <td data-views="${path}">${views[path] ?? 0}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

/** A count in words: `once`, `3 times`. */
export const times = (count = 0): string => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`);

const fact = (name: string, value: Html | string): Html =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;

const FORMAT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

const time = (at: number): Html =>
  html`<time datetime="${new Date(at).toISOString()}">${FORMAT.format(at)}</time>`;
