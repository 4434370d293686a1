import type { NextFunction, Request, Response } from 'express';

/**
 * Headers of every response. They block scripts and styles from other sources, and forbid the browser to store
 * pages, so that the back button shows no account after the logout.
 */
export function pageHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  });
  next();
}
