import { Controller, Post } from '@nestjs/common';
import { Session, type UserSession } from 'nest-session';

@Controller('shop')
export class ShopController {
  @Post('cart')
  add(@Session() session: UserSession) {
    return { items: session.update('items', (items) => Number(items ?? 0) + 1) };
  }
}
