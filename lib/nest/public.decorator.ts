import type { CustomDecorator } from '@nestjs/common';
import { NO_REQUIREMENT, setRequirement } from './session-requirement.js';

/**
 * Opens a handler or a controller to anyone, where `SessionGuard` is a global guard. The same as
 * `@RequireSession(false)`.
 */
export function Public(): CustomDecorator<symbol> {
  return setRequirement('@Public', NO_REQUIREMENT);
}
