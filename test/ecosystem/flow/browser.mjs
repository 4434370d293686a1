const LIMIT_MS = 6000;

/** A client that keeps one cookie, as a browser does. */
export class Browser {
  constructor(url, cookie = null) {
    this.url = url;
    this.cookie = cookie;
  }

  /** Another tab: the same cookie now, its own from here on. */
  clone() {
    return new Browser(this.url, this.cookie);
  }

  /** What an answer of 200 says. */
  async get(path) {
    const headers = this.cookie === null ? {} : { cookie: this.cookie };
    const response = await fetch(this.url + path, {
      headers,
      signal: globalThis.AbortSignal.timeout(LIMIT_MS),
    }).catch((error) => {
      throw new Error(
        error.name === 'TimeoutError' ? `${path} is not answered` : `${path}: ${error.message}`,
      );
    });
    this.gotCookie = false;
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path} is answered with ${response.status}: ${text}`);
    return JSON.parse(text);
  }

  #keep(line) {
    this.gotCookie = true;
    const isRemoval = /; Max-Age=0(;|$)/.test(line) || /^[^=]+=;/.test(line);
    this.cookie = isRemoval ? null : line.split(';')[0];
  }
}
