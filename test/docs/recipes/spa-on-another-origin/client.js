/** Returns a function that calls the API with its cookie: `await call('POST', '/login', { user })`. */
export function createClient(api) {
  return async (method, path, body) => {
    const response = await fetch(api + path, {
      method,
      credentials: 'include', // sends the cookie, and keeps the one of the response
      headers: body && { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    return response.json();
  };
}
