import { Body, Controller, Get, Post, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Session, type UserSession } from 'nest-session';
import { loginPage } from '../pages/login.page.js';
import { countView } from '../pages/views.js';
import { UsersService } from '../users/users.service.js';

@Controller()
export class LoginController {
  readonly #users: UsersService;

  constructor(users: UsersService) {
    this.#users = users;
  }

  @Get('login')
  form(@Session() session: UserSession, @Res() response: Response): void {
    countView(session, '/login');
    if (this.#users.find(session.userId) === undefined) response.send(loginPage());
    else response.redirect(303, '/account');
  }

  @Post('login')
  async login(
    @Body('name') name: unknown,
    @Body('password') password: unknown,
    @Session() session: UserSession,
    @Res() response: Response,
  ): Promise<void> {
    const user = await this.#users.authenticate(textOf(name), textOf(password));
    if (user === undefined) {
      response.status(401).send(loginPage({ name: textOf(name), isWrong: true }));
      return;
    }
    // A new id at login: an id that was planted or seen before is now useless. The counters are kept.
    await session.regenerate({ keep: ['views'] });
    session.userId = user.id;
    await session.save();
    response.redirect(303, '/account');
  }

  @Post('logout')
  async logout(@Session() session: UserSession, @Res() response: Response): Promise<void> {
    await session.destroy();
    response.redirect(303, '/');
  }
}

/** A form field can be a list or missing if the request was written by hand. */
const textOf = (field: unknown): string => (typeof field === 'string' ? field : '');
