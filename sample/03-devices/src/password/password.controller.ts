import { Body, Controller, Get, Post, Res, UseGuards } from '@nestjs/common';
import type { Response } from 'express';
import {
  CurrentPrincipal,
  RequireLogin,
  Session,
  SessionGuard,
  SessionRegistry,
  type UserSession,
} from 'nest-session';
import { CONFIRMED } from '../devices/devices.controller.js';
import { textOf } from '../users/text-of.js';
import { SHORTEST_PASSWORD, UsersService } from '../users/users.service.js';
import { passwordPage } from './password.page.js';

@Controller('password')
@UseGuards(SessionGuard)
@RequireLogin(CONFIRMED)
export class PasswordController {
  readonly #users: UsersService;
  readonly #registry: SessionRegistry;

  constructor(users: UsersService, registry: SessionRegistry) {
    this.#users = users;
    this.#registry = registry;
  }

  @Get()
  form(@CurrentPrincipal() principal: string): string {
    return passwordPage(this.#users.find(principal));
  }

  @Post()
  async change(
    @CurrentPrincipal() principal: string,
    @Session() session: UserSession,
    @Body('password') password: unknown,
    @Res() response: Response,
  ): Promise<void> {
    if (textOf(password).length < SHORTEST_PASSWORD) {
      response.status(422).send(passwordPage(this.#users.find(principal), true));
      return;
    }
    await this.#users.changePassword(principal, textOf(password));
    // All other sessions of the user end: they began with the old password.
    const ended = await this.#registry.revokeAll(principal, { except: session });
    response.redirect(303, `/devices?ended=${ended}`);
  }
}
