import { Body, Controller, Get, Post, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Session, type UserSession } from 'nest-session';
import { textOf } from '../users/text-of.js';
import { UsersService } from '../users/users.service.js';
import { loginPage } from './login.page.js';

@Controller()
export class LoginController {
  readonly #users: UsersService;

  constructor(users: UsersService) {
    this.#users = users;
  }

  @Get('login')
  form(@Session() session: UserSession, @Query('ended') ended: unknown, @Res() response: Response): void {
    if (session.principal !== null) response.redirect(303, '/devices');
    else response.send(loginPage({ hasEnded: ended !== undefined }));
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
    // A new id, the user, the time and the device: all in one write, when the response is sent.
    await session.login(user.id, { method: 'pwd' });
    response.redirect(303, '/devices');
  }

  @Post('logout')
  async logout(@Session() session: UserSession, @Res() response: Response): Promise<void> {
    await session.destroy();
    response.redirect(303, '/login');
  }
}
