const BEHIND_A_PROXY =
  'Behind a proxy that ends TLS, set the option proxy: true or the trust proxy setting of the framework';

/** A session was not kept, since its cookie is secure and the connection is not. */
export const UNDELIVERABLE =
  'A session was not kept: its cookie is secure and the request came over a connection that is not. ' +
  `${BEHIND_A_PROXY}; else use cookie.secure "auto".`;

/** A cookie was sent without attributes that the options ask for, since browsers refuse them on an insecure cookie. */
export function leftOutWarning(attributes: readonly string[]): string {
  const options = `option${attributes.length > 1 ? 's' : ''} ${attributes.join(' and ')}`;
  return (
    `A session cookie was sent without its ${options}: the request came over a connection that is not secure, and ` +
    `cookie.secure is "auto". Browsers do not send such a cookie from other sites. ${BEHIND_A_PROXY}.`
  );
}
