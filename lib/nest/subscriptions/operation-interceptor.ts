import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { isStream } from './ending-stream.js';
import { operationSocketOf } from './operation-socket.js';

/** Metadata keys of Nest, which does not export them. */
const RESOLVER_TYPE = 'graphql:resolver_type';
const INTERCEPTORS = '__interceptors__';

const typeOf = (method: object): unknown => Reflect.getMetadata(RESOLVER_TYPE, method) as unknown;

/** Whether a method has `@Subscription()`. */
export const isSubscription = (method: object): boolean => typeOf(method) === 'Subscription';

/** Whether a method has `@Query()`, `@Mutation()` or `@Subscription()`. */
const isOperation = (method: object): boolean =>
  isSubscription(method) || typeOf(method) === 'Query' || typeOf(method) === 'Mutation';

/**
 * Completes the stream of a subscription when its session ends, and runs the resolver with its session, for
 * `CurrentSession`. It changes nothing for operations over HTTP.
 */
class OperationInterceptor implements NestInterceptor {
  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const graphqlContext = context.getArgByIndex<object>(2);
    const socket = operationSocketOf(graphqlContext);
    if (socket === undefined) return next.handle();
    // Nest has loaded it. Other applications need not.
    const { Observable } = await import('rxjs');
    return new Observable((subscriber) =>
      socket.run(() =>
        next.handle().subscribe({
          next: (value) => subscriber.next(isStream(value) ? socket.streamOf(graphqlContext, value) : value),
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      ),
    );
  }
}

const INTERCEPTOR = new OperationInterceptor();

/**
 * Adds the interceptor to resolvers: as the innermost one, so that those of the application see what the
 * client sees. It has no state, because several applications may have the same class. `isEach`: also to
 * queries and mutations.
 */
export function interceptOperations(methods: readonly object[], isEach: boolean): void {
  for (const method of methods.filter(isEach ? isOperation : isSubscription)) {
    const present = (Reflect.getMetadata(INTERCEPTORS, method) ?? []) as readonly unknown[];
    if (present.includes(INTERCEPTOR)) continue;
    Reflect.defineMetadata(INTERCEPTORS, [...present, INTERCEPTOR], method);
  }
}
