import { Controller, Get, UnauthorizedException, UseFilters, UseGuards } from '@nestjs/common';
import { RequireSession, Session, SessionGuard, type UserSession } from 'nest-session';
import { accountPage } from '../pages/account.page.js';
import { countView } from '../pages/views.js';
import { UsersService } from '../users/users.service.js';
import { ToLoginFilter } from './to-login.filter.js';

@Controller('account')
@UseGuards(SessionGuard)
@UseFilters(ToLoginFilter)
@RequireSession('userId')
export class AccountController {
  readonly #users: UsersService;

  constructor(users: UsersService) {
    this.#users = users;
  }

  @Get()
  account(@Session() session: UserSession): string {
    const user = this.#users.find(session.userId);
    if (user === undefined) throw new UnauthorizedException();
    return accountPage(user, session, countView(session, '/account'));
  }
}
