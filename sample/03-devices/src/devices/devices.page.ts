import type { SessionInfo } from 'nest-session';
import { html, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import type { User } from '../users/users.service.js';

interface Devices {
  readonly user: User | undefined;
  /** The sessions of the user, the newest first. */
  readonly sessions: readonly SessionInfo[];
  /** How many sessions the last request has ended; 0 for none. */
  readonly ended: number;
}

export function devicesPage({ user, sessions, ended }: Devices): string {
  const others = sessions.filter(({ current }) => !current).length;
  const body = html`<h1>Where you are signed in</h1>
    ${ended > 0 ? html`<p class="done" role="status">${counted(ended)} signed out.</p>` : ''}
    <ul class="devices">
      ${sessions.map(deviceItem)}
    </ul>
    ${others > 0 ? signOutOthers() : html`<p>You are signed in on this device only.</p>`}`;
  return layout({ title: 'Devices', path: '/devices', user, body });
}

function deviceItem({ handle, device, current, lastSeenAt, authenticatedAt, createdAt }: SessionInfo): Html {
  return html`<li class="card" data-handle="${handle}">
    <div>
      <h2 id="device-${handle}">${device?.name ?? 'A browser'}</h2>
      <p>Last seen ${time(lastSeenAt)}<br />Signed in ${time(authenticatedAt ?? createdAt)}</p>
    </div>
    ${current ? html`<p class="this">This device</p>` : signOutForm(handle)}
  </li>`;
}

function signOutForm(handle: string): Html {
  return html`<form method="post" action="/devices/${handle}/sign-out">
    <button class="quiet" aria-describedby="device-${handle}">Sign out</button>
  </form>`;
}

function signOutOthers(): Html {
  return html`<form method="post" action="/devices/sign-out-others">
    <button>Sign out all other devices</button>
  </form>`;
}

const counted = (count: number): string => (count === 1 ? 'One device was' : `${count} devices were`);

const FORMAT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

const time = (at: number): Html =>
  html`<time datetime="${new Date(at).toISOString()}">${FORMAT.format(at)} UTC</time>`;
