import type { ServerResponse } from 'node:http';
import { Injectable, UnauthorizedException, type ExecutionContext } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-oauth2';

@Injectable()
export class OAuthStrategy extends PassportStrategy(Strategy, 'oauth2') {
  constructor() {
    super({
      authorizationURL: `${process.env.OAUTH_URL}/authorize`,
      tokenURL: `${process.env.OAUTH_URL}/token`,
      clientID: process.env.OAUTH_CLIENT!,
      clientSecret: process.env.OAUTH_SECRET!,
      callbackURL: `${process.env.PUBLIC_URL}/oauth/callback`,
      state: true, // kept in the session until the callback
      pkce: true, // so is the verifier
    });
  }

  async validate(accessToken: string) {
    const headers = { authorization: `Bearer ${accessToken}` };
    const response = await fetch(`${process.env.OAUTH_URL}/user`, { headers });
    if (!response.ok) throw new UnauthorizedException();
    const { sub } = (await response.json()) as { sub: string };
    return { id: sub };
  }
}

@Injectable()
export class OAuthGuard extends AuthGuard('oauth2') {
  // Passport redirects by methods of node:http, which the reply of Fastify does not have.
  getResponse(context: ExecutionContext) {
    const response = context.switchToHttp().getResponse<{ raw?: ServerResponse }>();
    return response.raw ?? response;
  }
}
