import { Body, Controller, Post, UseGuards } from '@nestjs/common';
import { CurrentPrincipal, RequireLogin, Session, SessionGuard, type UserSession } from 'nest-session';

export interface Cart {
  items: string[];
}

@Controller('cart')
export class CartController {
  @Post('items')
  add(@Session() session: UserSession<Cart>, @Body() { item }: { item: string }) {
    session.items = [...(session.items ?? []), item];
    return { count: session.items.length };
  }

  @Post('login')
  async login(@Session() session: UserSession<Cart>, @Body() { user }: { user: string }) {
    await session.login(user, { keep: ['items'] }); // after the password was checked
  }

  @Post('order')
  @UseGuards(SessionGuard)
  @RequireLogin()
  order(@Session() session: UserSession<Cart>, @CurrentPrincipal() user: string) {
    const { items = [] } = session;
    delete session.items;
    return { user, items };
  }
}
