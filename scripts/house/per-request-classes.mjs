/** The classes of which each request makes an instance, and why. Their mutable fields are the state of a request. */
export const PER_REQUEST_CLASSES = {
  RequestSession: 'one for each session of a request',
  ResponseGate: 'one for each response',
  RawResponse: 'the response behind the gate',
  SessionState: 'the facts of the session of a request, and its transitions',
  CookieState: 'the cookie of the session of a request',
  OpenSession: 'the steps of the session of a request',
  SessionAttributes: 'the attributes of the session of a request',
};
