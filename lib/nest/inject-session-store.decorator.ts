import { Inject } from '@nestjs/common';
import { getSessionStoreToken } from './session.constants.js';

/**
 * Injects the store of a module: `@InjectSessionStore() store: SessionStore`, or
 * `@InjectSessionStore('admin')` for a named session.
 */
export function InjectSessionStore(sessionName?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getSessionStoreToken(sessionName));
}
