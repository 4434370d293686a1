import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/**
 * Rejects changes that pages of other origins request, such as another application on localhost. `SameSite`
 * cookies stop only other sites, and another port is the same site. Browsers send the relation of both origins
 * in a header.
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
