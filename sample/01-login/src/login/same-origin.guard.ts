import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/**
 * Refuses changes that pages of other origins ask for, as another application on localhost could: `SameSite` cookies
 * stop other sites, and ports do not make a site. The browser tells where a request comes from.
 *
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Fetch Metadata headers"
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<Request>();
    if (method === 'GET' || method === 'HEAD') return true;
    return ['same-origin', 'none', undefined].includes(headers['sec-fetch-site']);
  }
}
