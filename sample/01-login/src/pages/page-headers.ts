import type { NextFunction, Request, Response } from 'express';

/**
 * Headers of every answer: nothing from elsewhere runs in a page, and no page is kept by the browser, so that the back
 * button shows nobody an account after the logout.
 */
export function pageHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  });
  next();
}
