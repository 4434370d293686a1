import type { IncomingMessage } from 'node:http';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';

/**
 * Rejects changes that pages of other origins request. Browsers send the origin of a request in its headers.
 *
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Fetch Metadata headers"
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<IncomingMessage>();
    if (method === 'GET' || method === 'HEAD') return true;
    return ['same-origin', 'none', undefined].includes(headers['sec-fetch-site']);
  }
}
