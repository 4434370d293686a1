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

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.jar.size > 0)
      headers.set('cookie', [...this.jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(this.#base + path, { redirect: 'manual', ...init, headers });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  async get<T = unknown>(path: string): Promise<T> {
    return (await (await this.fetch(path)).json()) as T;
  }

  async post(path: string): Promise<Response> {
    return this.fetch(path, { method: 'POST' });
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = pair.split('=');
    if (attributes.includes('Max-Age=0')) this.jar.delete(name);
    else this.jar.set(name, value);
  }
}
