import { BadRequestException, Body, Controller, Post, Redirect } from '@nestjs/common';
import { Session, type UserSession } from 'nest-session';
import { findPerson } from './people.js';

@Controller()
export class LoginController {
  @Post('login')
  @Redirect('/', 303)
  async login(@Session() session: UserSession, @Body('person') id: unknown): Promise<void> {
    const person = findPerson(id);
    if (person === undefined) throw new BadRequestException('There is no such person here.');
    // A new id at login: an id that was planted or seen before is now useless. The cart is kept.
    await session.regenerate({ keep: 'all' });
    session.personId = person.id;
  }

  @Post('logout')
  @Redirect('/', 303)
  async logout(@Session() session: UserSession): Promise<void> {
    await session.destroy();
  }
}
