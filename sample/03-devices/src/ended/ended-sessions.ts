import { Injectable } from '@nestjs/common';
import { OnSession, type SessionEventOf } from 'nest-session';
import { filter, map, Observable, Subject, take } from 'rxjs';

/** The ends of sessions, as this process learns of them. */
@Injectable()
export class EndedSessions {
  readonly #handles = new Subject<string | null>();

  /** Called by the session module. Without a handle, all sessions have ended. */
  @OnSession('revoked', 'logout')
  ended({ handle }: SessionEventOf<'revoked' | 'logout'>): void {
    this.#handles.next(handle);
  }

  /** One value when the session ends, and then the end of the stream. */
  of(handle: string): Observable<{ data: string }> {
    return this.#handles.pipe(
      filter((ended) => ended === null || ended === handle),
      take(1),
      map(() => ({ data: 'ended' })),
    );
  }
}
