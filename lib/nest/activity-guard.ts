import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { setActivity } from '../http/session-activity.js';
import { requestIn } from './execution-session.js';
import { countsAsActivity } from './session-activity.decorator.js';

/** Sets whether the handler of a request counts as activity of its sessions. It refuses no request. */
export class ActivityGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const request = requestIn(context);
    if (typeof request === 'object' && request !== null)
      setActivity(request, countsAsActivity(context.getHandler(), context.getClass()));
    return true;
  }
}
