import { Catch, UnauthorizedException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';

/** Redirects a browser to the login page instead of the 401 of `SessionGuard`. Programs get the 401. */
@Catch(UnauthorizedException)
export class ToLoginFilter implements ExceptionFilter<UnauthorizedException> {
  catch(exception: UnauthorizedException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    const wantsPage = http.getRequest<Request>().accepts(['json', 'html']) === 'html';
    if (wantsPage) response.redirect(303, '/login');
    else response.status(401).json(exception.getResponse());
  }
}
