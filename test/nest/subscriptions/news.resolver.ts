import { Body, Controller, Post, UseGuards } from '@nestjs/common';
import { Args, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import {
  CurrentPrincipal,
  CurrentSession,
  RequireLogin,
  Session,
  SessionGuard,
  SessionId,
  SessionRegistry,
  type UserSession,
} from 'nest-session';
import { Topic } from './topic.js';

/** What all subscriptions show. */
export const topic = new Topic<string>();

@Controller()
export class LoginController {
  constructor(private readonly registry: SessionRegistry) {}

  @Post('login') async login(@Session() session: UserSession, @Body() { user }: { user: string }) {
    await session.login(user);
    return { id: session.id };
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
  @Post('admin/login') async adminLogin(@Session({ name: 'admin' }) session: UserSession) {
    await session.login('root');
    return {};
  }
  @Post('admin/logout') async adminLogout(@Session({ name: 'admin' }) session: UserSession) {
    await session.destroy();
    return {};
  }
  @Post('note') note(@Session() session: UserSession, @Body() { note }: { note: string }) {
    session['note'] = note;
    return {};
  }
  @Post('revoke-everything') async revokeEverything() {
    await this.registry.revokeEverything();
    return {};
  }
  @Post('revoke-all') async revokeAll(@Body() { user }: { user: string }) {
    return { ended: await this.registry.revokeAll(user) };
  }
}

@Resolver()
export class NewsResolver {
  constructor(private readonly current: CurrentSession) {}

  @Query(() => String, { nullable: true }) me(@CurrentPrincipal() user: string | null) {
    return user;
  }
  @Query(() => String) id(@SessionId() id: string) {
    return id;
  }
  @Query(() => String, { nullable: true }) note(@Session('note') note: string | undefined) {
    return note;
  }
  @Query(() => String, { nullable: true }) admin(@Session({ name: 'admin' }) session: UserSession) {
    return session.principal;
  }
  @Query(() => String, { nullable: true }) async current_() {
    await new Promise((resolve) => setImmediate(resolve));
    return this.current.principal;
  }
  @Query(() => String) @UseGuards(SessionGuard) @RequireLogin() secret(@CurrentPrincipal() user: string) {
    return user;
  }
  @Mutation(() => String) async write(@Session() session: UserSession, @Args('note') note: string) {
    session['note'] = note;
    return session.save().then(
      () => 'saved',
      (error: { code: string }) => error.code,
    );
  }
  @Mutation(() => String) async signOut(@Session() session: UserSession) {
    await session.destroy();
    return 'signed out';
  }

  @Subscription(() => String, { resolve: (text: string) => text })
  @UseGuards(SessionGuard)
  @RequireLogin()
  news(@CurrentPrincipal() user: string) {
    return topic.messages((text) => `${user}: ${text}`);
  }
  @Subscription(() => String, { resolve: (text: string) => text })
  open() {
    return topic.messages((text) => text);
  }
  @Subscription(() => String, { resolve: (text: string) => text })
  async *generated() {
    for await (const text of topic.messages((one) => one)) yield `${String(this.current.principal)}: ${text}`;
  }
  @Subscription(() => String, {
    resolve: (text: string) => text,
    filter: (text: string) => text !== 'hidden',
  })
  filtered() {
    return topic.messages((text) => text);
  }
  @Subscription(() => String, { resolve: (text: string) => text })
  admins(@Session({ name: 'admin' }) session: UserSession) {
    return topic.messages((text) => `${String(session.principal)}: ${text}`);
  }
}
