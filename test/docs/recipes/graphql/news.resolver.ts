import { EventEmitter, on } from 'node:events';
import { UseGuards } from '@nestjs/common';
import { Args, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import { CurrentPrincipal, RequireLogin, Session, SessionGuard, type UserSession } from 'nest-session';

@Resolver()
export class NewsResolver {
  readonly #events = new EventEmitter();

  @Mutation(() => Boolean)
  async login(@Session() session: UserSession, @Args('user') user: string) {
    await session.login(user); // after your check of the password
    return true;
  }

  @Mutation(() => Boolean)
  async logout(@Session() session: UserSession) {
    await session.destroy();
    return true;
  }

  @Mutation(() => Boolean)
  send(@Args('text') text: string) {
    return this.#events.emit('news', text);
  }

  @Query(() => String, { nullable: true })
  me(@CurrentPrincipal() user: string | null) {
    return user;
  }

  @Subscription(() => String, { resolve: ([text]: [string]) => text })
  @UseGuards(SessionGuard)
  @RequireLogin()
  news() {
    return on(this.#events, 'news');
  }
}
