import { IncomingMessage, ServerResponse, type OutgoingHttpHeader } from 'node:http';
import { Socket } from 'node:net';
import { forbidStoring, varyByCookie } from '../../../lib/http/response/cache-headers.js';

function responseWith(name: string, value: OutgoingHttpHeader | undefined): ServerResponse {
  const res = new ServerResponse(new IncomingMessage(new Socket()));
  if (value !== undefined) res.setHeader(name, value);
  return res;
}

describe('forbidStoring (S-29)', () => {
  it.each<[string, OutgoingHttpHeader | undefined, OutgoingHttpHeader]>([
    ['says so where nothing was said', undefined, 'private, no-store'],
    [
      'is added to what allows storing, in the place of public',
      'public, max-age=3600',
      'max-age=3600, private, no-store',
    ],
    ['is added to what only nearly forbids it', 'no-cache', 'no-cache, private, no-store'],
    [
      'is added to private, which lets the browser store',
      'private, max-age=60',
      'max-age=60, private, no-store',
    ],
    ['replaces an empty header', '', 'private, no-store'],
    [
      'keeps no-transform, without which compression buffers a stream',
      'no-transform',
      'no-transform, private, no-store',
    ],
    [
      'keeps all other directives',
      'no-cache, No-Transform,must-revalidate, s-maxage=1',
      'no-cache, No-Transform, must-revalidate, s-maxage=1, private, no-store',
    ],
    [
      'is not misled by a comma in quotes',
      'ext="a, no-store", no-transform',
      'ext="a, no-store", no-transform, private, no-store',
    ],
    ['is said of the whole response', 'private="Set-Cookie"', 'private, no-store'],
    ['is not misled by a longer word', 'x-no-store, no-storey', 'x-no-store, no-storey, private, no-store'],
    ['keeps what forbids it already', 'no-store', 'no-store'],
    [
      'keeps what forbids it among others',
      'no-cache, no-store, must-revalidate',
      'no-cache, no-store, must-revalidate',
    ],
    ['keeps what forbids it without blanks', 'max-age=0,no-store', 'max-age=0,no-store'],
    ['keeps what forbids it in capitals', 'No-Store', 'No-Store'],
    ['keeps what forbids it in a list', ['private', 'no-store'], ['private', 'no-store']],
    ['is added to a list that does not', ['public', 'max-age=60'], 'max-age=60, private, no-store'],
  ])('%s', (_, chosen, expected) => {
    const res = responseWith('Cache-Control', chosen);
    forbidStoring(res);
    expect(res.getHeader('Cache-Control')).toEqual(expected);
  });
});

describe('varyByCookie (S-29)', () => {
  it.each<[string, OutgoingHttpHeader | undefined, OutgoingHttpHeader]>([
    ['says so where nothing was said', undefined, 'Cookie'],
    ['is added to what varies already', 'Accept', 'Accept, Cookie'],
    ['is added to a list', ['Accept', 'Origin'], 'Accept, Origin, Cookie'],
    ['is added where only a longer name is there', 'X-Cookie, Cookie2', 'X-Cookie, Cookie2, Cookie'],
    ['replaces an empty header', '', 'Cookie'],
    ['is not said twice', 'Accept, Cookie', 'Accept, Cookie'],
    ['is not said twice in another case', 'accept,COOKIE', 'accept,COOKIE'],
    ['is not said twice in a list', ['Accept', 'cookie'], ['Accept', 'cookie']],
    ['is covered by a star', '*', '*'],
  ])('%s', (_, chosen, expected) => {
    const res = responseWith('Vary', chosen);
    varyByCookie(res);
    expect(res.getHeader('Vary')).toEqual(expected);
  });

  it('changes nothing the second time', () => {
    const res = responseWith('Vary', 'Accept');
    varyByCookie(res);
    varyByCookie(res);
    expect(res.getHeader('Vary')).toBe('Accept, Cookie');
  });
});
