import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { UserSession } from 'nest-session';
import { map, type Observable } from 'rxjs';
import { layout, type Page } from './layout.js';

const TRAIL_LENGTH = 12;
const TITLES: Readonly<Record<string, string>> = { express: 'Express', fastify: 'Fastify' };

/** Adds the layout to a page, with the name of the process. Controllers do not depend on the process. */
@Injectable()
export class PageInterceptor implements NestInterceptor<Page | undefined, string | undefined> {
  readonly #adapters: HttpAdapterHost;
  readonly #name = process.env['APP_NAME'] || 'app';

  constructor(adapters: HttpAdapterHost) {
    this.#adapters = adapters;
  }

  intercept(context: ExecutionContext, next: CallHandler<Page | undefined>): Observable<string | undefined> {
    const { session } = context.switchToHttp().getRequest<{ session: UserSession }>();
    return next.handle().pipe(map((page) => page && this.#frame(page, session)));
  }

  #frame(page: Page, session: UserSession): string {
    const type = this.#adapters.httpAdapter.getType();
    const trail = session.update('trail', (before = []) => [...before, this.#name].slice(-TRAIL_LENGTH));
    return layout(page, { name: this.#name, adapter: TITLES[type] ?? type, pid: process.pid, trail });
  }
}
