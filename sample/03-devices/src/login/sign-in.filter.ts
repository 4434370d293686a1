import { Catch, UnauthorizedException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';

/** The part of the body of a 401 of `SessionGuard` that names its reason. */
interface Denial {
  readonly reason?: string;
}

/**
 * Redirects a browser to the page that solves the 401 of `SessionGuard`: the login, or the confirmation of the
 * password. Programs get the 401.
 */
@Catch(UnauthorizedException)
export class SignInFilter implements ExceptionFilter<UnauthorizedException> {
  catch(exception: UnauthorizedException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const denial = exception.getResponse() as Denial;
    if (request.accepts(['json', 'html']) !== 'html') response.status(401).json(denial);
    else response.redirect(303, pageFor(denial, request));
  }
}

function pageFor({ reason }: Denial, { method, path, headers }: Request): string {
  if (reason === 'method-missing' || reason === 'authentication-too-old')
    return `/confirm?${new URLSearchParams({ next: path, method }).toString()}`;
  return headers.cookie?.includes('devices-sample.sid=') ? '/login?ended' : '/login';
}
