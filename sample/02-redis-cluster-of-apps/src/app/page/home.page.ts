import type { UserSession } from 'nest-session';
import { GOODS, type Cart } from '../cart.js';
import { PEOPLE, type Person } from '../people.js';
import { html, type Html } from './html.js';
import type { Page } from './layout.js';

interface Home {
  readonly session: UserSession;
  readonly visits: number;
  readonly person: Person | undefined;
}

export function homePage({ session, visits, person }: Home): Page {
  const body = html`<p class="lead">
      Visit number <strong data-visits>${visits}</strong>. Reload: another process answers, and counts on.
    </p>
    <div class="cards">${you(session, person)}${cartCard(session.cart ?? {})}</div>`;
  return { person, body };
}

function you({ handle }: UserSession, person: Person | undefined): Html {
  return html`<section class="card" aria-labelledby="you">
    <h2 id="you">You</h2>
    <dl>
      <div>
        <dt>Logged in</dt>
        <dd data-person>${person?.name ?? 'No'}</dd>
      </div>
      <div>
        <dt>Your session's public handle</dt>
        <dd><code>${handle}</code></dd>
      </div>
    </dl>
    ${person === undefined ? loginForm() : ''}
  </section>`;
}

function loginForm(): Html {
  return html`<form method="post" action="/login">
    ${PEOPLE.map(({ id, name }) => html`<button name="person" value="${id}">Log in as ${name}</button>`)}
  </form>`;
}

function cartCard(cart: Cart): Html {
  return html`<section class="card" aria-labelledby="cart">
    <h2 id="cart">Your cart</h2>
    <form method="post" action="/cart">
      <dl>
        ${GOODS.map(
          (good) =>
            html`<div>
              <dt>${good}</dt>
              <dd>
                <span data-good="${good}">${cart[good] ?? 0}</span>
                <button class="quiet" name="good" value="${good}" aria-label="Add ${good}">Add</button>
              </dd>
            </div>`,
        )}
      </dl>
    </form>
  </section>`;
}
