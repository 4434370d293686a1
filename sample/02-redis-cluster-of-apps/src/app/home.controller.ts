import { BadRequestException, Body, Controller, Get, Header, Post, Redirect } from '@nestjs/common';
import { Session, type UserSession } from 'nest-session';
import { isGood, withOneMore } from './cart.js';
import { homePage } from './page/home.page.js';
import type { Page } from './page/layout.js';
import { findPerson } from './people.js';

@Controller()
export class HomeController {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  home(@Session() session: UserSession): Page {
    // An assignment would lose a visit when two tabs load concurrently; `update` is exact.
    const visits = session.update('visits', (count = 0) => count + 1);
    return homePage({ session, visits, person: findPerson(session.personId) });
  }

  @Post('cart')
  @Redirect('/', 303)
  add(@Session() session: UserSession, @Body('good') good: unknown): void {
    if (!isGood(good)) throw new BadRequestException('There is no such thing here.');
    session.update('cart', (cart = {}) => withOneMore(cart, good));
  }
}
