import { Body, Controller, Get, Post, Query, Res, UseGuards } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentPrincipal, RequireLogin, Session, SessionGuard, type UserSession } from 'nest-session';
import { textOf } from '../users/text-of.js';
import { UsersService } from '../users/users.service.js';
import { confirmPage, type NextStep } from './confirm.page.js';

/** Asks for the password again before changes of the account. */
@Controller('confirm')
@UseGuards(SessionGuard)
@RequireLogin()
export class ConfirmController {
  readonly #users: UsersService;

  constructor(users: UsersService) {
    this.#users = users;
  }

  @Get()
  form(@CurrentPrincipal() principal: string, @Query() query: Record<string, unknown>): string {
    return confirmPage({ user: this.#users.find(principal), next: nextStep(query), isWrong: false });
  }

  @Post()
  async confirm(
    @CurrentPrincipal() principal: string,
    @Session() session: UserSession,
    @Body() form: Record<string, unknown>,
    @Res() response: Response,
  ): Promise<void> {
    const next = nextStep(form);
    if (!(await this.#users.isPasswordOf(principal, textOf(form['password'])))) {
      response.status(401).send(confirmPage({ user: this.#users.find(principal), next, isWrong: true }));
      return;
    }
    // The same user with another method: a new id, and the session keeps its data and its place in the list.
    await session.login(principal, { method: 'confirm' });
    // 307 repeats the POST that was interrupted.
    response.redirect(next.method === 'POST' ? 307 : 303, next.path);
  }
}

/** Where the user continues. The values come from the browser: only what is listed here is accepted. */
function nextStep({ next, method }: Record<string, unknown>): NextStep {
  const path = textOf(next);
  const isSignOut = /^\/devices\/(sign-out-others|[\w-]+\/sign-out)$/.test(path);
  if (isSignOut && method === 'POST') return { path, method };
  return { path: path === '/password' ? path : '/devices', method: 'GET' };
}
