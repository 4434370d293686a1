/** The class that Nest's exception filters of gateways send to the client. */
type WsException = new (error: object) => Error;

let Exception: WsException | null = null;

/** Loads the class. An application without a gateway may not have the package. */
export async function loadWsException(): Promise<void> {
  try {
    Exception ??= (await import('@nestjs/websockets')).WsException;
  } catch {
    // Clients get the error of any other exception.
  }
}

/** The exception of a gateway's handler. The client receives the object in the event `exception`. */
export function wsException(error: { readonly message: string }): Error {
  const body = { status: 'error', ...error };
  return Exception === null ? Object.assign(new Error(error.message), body) : new Exception(body);
}
