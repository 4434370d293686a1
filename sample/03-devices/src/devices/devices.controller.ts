import { Controller, Get, Param, Post, Query, Redirect, UseGuards } from '@nestjs/common';
import {
  CurrentPrincipal,
  minutes,
  RequireLogin,
  Session,
  SessionGuard,
  SessionRegistry,
  type UserSession,
} from 'nest-session';
import { UsersService } from '../users/users.service.js';
import { devicesPage } from './devices.page.js';

/** How long a confirmed password allows changes of the account. */
export const CONFIRMED = { method: 'confirm', authenticatedWithin: minutes(5) } as const;

@Controller()
@UseGuards(SessionGuard)
@RequireLogin()
export class DevicesController {
  readonly #users: UsersService;
  readonly #registry: SessionRegistry;

  constructor(users: UsersService, registry: SessionRegistry) {
    this.#users = users;
    this.#registry = registry;
  }

  @Get()
  @Redirect('/devices', 303)
  home(): void {
    // The decorator redirects.
  }

  @Get('devices')
  async devices(
    @CurrentPrincipal() principal: string,
    @Session() session: UserSession,
    @Query('ended') ended: unknown,
  ): Promise<string> {
    const sessions = await this.#registry.list(principal, { current: session });
    return devicesPage({ user: this.#users.find(principal), sessions, ended: Number(ended) || 0 });
  }

  @Post('devices/:handle/sign-out')
  @RequireLogin(CONFIRMED)
  @Redirect('/devices', 303)
  async signOut(
    @CurrentPrincipal() principal: string,
    @Param('handle') handle: string,
  ): Promise<{ url: string }> {
    // `false` for a session of another user: the handle comes from the browser.
    const isEnded = await this.#registry.revoke(principal, handle);
    return { url: `/devices?ended=${Number(isEnded)}` };
  }

  @Post('devices/sign-out-others')
  @RequireLogin(CONFIRMED)
  @Redirect('/devices', 303)
  async signOutOthers(
    @CurrentPrincipal() principal: string,
    @Session() session: UserSession,
  ): Promise<{ url: string }> {
    const ended = await this.#registry.revokeAll(principal, { except: session });
    return { url: `/devices?ended=${ended}` };
  }
}
