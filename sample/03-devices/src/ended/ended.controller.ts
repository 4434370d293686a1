import { Controller, Get, Header, Sse, UseGuards } from '@nestjs/common';
import { RequireLogin, Session, SessionActivity, SessionGuard, type UserSession } from 'nest-session';
import type { Observable } from 'rxjs';
import { EndedSessions } from './ended-sessions.js';

/** Tells each open page when its session ends. */
@Controller()
@UseGuards(SessionGuard)
export class EndedController {
  readonly #ended: EndedSessions;

  constructor(ended: EndedSessions) {
    this.#ended = ended;
  }

  @Sse('ended')
  @RequireLogin()
  // A page that only stays open does not keep its session alive.
  @SessionActivity(false)
  events(@Session() session: UserSession): Observable<{ data: string }> {
    return this.#ended.of(session.handle);
  }

  @Get('ended.js')
  @Header('Content-Type', 'text/javascript; charset=utf-8')
  @Header('Cache-Control', 'no-cache')
  script(): string {
    return SCRIPT;
  }
}

/** The page loads again when its session has ended, and is the login page then. */
const SCRIPT = `
const events = new EventSource('/ended');
const leave = () => {
  events.close();
  location.reload();
};
events.onmessage = leave;
// The server refuses the stream: the session had ended before it began.
events.onerror = () => {
  if (events.readyState === EventSource.CLOSED) leave();
};
`;
