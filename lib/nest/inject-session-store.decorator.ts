import { Inject } from '@nestjs/common';
import { getSessionStoreToken } from './session.constants.js';

/** Injects the store of a module: `@InjectSessionStore() store: SessionStore`, `@InjectSessionStore('admin')` for a named one. */
export function InjectSessionStore(sessionName?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getSessionStoreToken(sessionName));
}
