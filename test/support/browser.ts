/** An HTTP client with a cookie jar. */
export class Browser {
  readonly jar = new Map<string, string>();
  readonly #base: string;

  constructor(base: string, cookies: Iterable<readonly [string, string]> = []) {
    this.#base = base;
    for (const [name, value] of cookies) this.jar.set(name, value);
  }

  /** A client with a copy of the cookies. */
  clone(): Browser {
    return new Browser(this.#base, this.jar);
  }

  /** The header `Cookie` of its next request; `undefined` without a cookie. */
  get cookie(): string | undefined {
    if (this.jar.size === 0) return undefined;
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const { cookie } = this;
    if (cookie !== undefined) headers.set('cookie', cookie);
    const response = await fetch(this.#base + path, { redirect: 'manual', ...init, headers });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  async get<T = unknown>(path: string): Promise<T> {
    return (await (await this.fetch(path)).json()) as T;
  }

  /** `body` is sent as JSON. */
  async post(path: string, body?: object): Promise<Response> {
    if (body === undefined) return this.fetch(path, { method: 'POST' });
    const headers = { 'content-type': 'application/json' };
    return this.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = pair.split('=');
    if (attributes.includes('Max-Age=0')) this.jar.delete(name);
    else this.jar.set(name, value);
  }
}
