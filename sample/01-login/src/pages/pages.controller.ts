import { Controller, Get, Header } from '@nestjs/common';
import { Session, type UserSession } from 'nest-session';
import { UsersService } from '../users/users.service.js';
import { aboutPage } from './about.page.js';
import { homePage } from './home.page.js';
import { STYLE } from './style.js';
import { countView } from './views.js';

@Controller()
export class PagesController {
  readonly #users: UsersService;

  constructor(users: UsersService) {
    this.#users = users;
  }

  @Get()
  home(@Session() session: UserSession): string {
    return homePage(this.#users.find(session.userId), session, countView(session, '/'));
  }

  @Get('about')
  about(@Session() session: UserSession): string {
    return aboutPage(this.#users.find(session.userId), countView(session, '/about'));
  }

  @Get('style.css')
  @Header('Content-Type', 'text/css; charset=utf-8')
  @Header('Cache-Control', 'no-cache')
  style(): string {
    return STYLE;
  }
}
