import { operationIn } from '../../../lib/nest/subscriptions/operation.js';

const handshake = { method: 'GET', headers: { upgrade: 'WebSocket' } };
const socket = { close: () => undefined };

describe('the operation of a GraphQL context', () => {
  it.each([
    ['graphql-ws by Apollo', { req: { extra: { request: handshake, socket } } }, socket],
    ['graphql-ws on Fastify', { req: { extra: { request: { raw: handshake }, socket: 1 } } }, null],
    ['Mercurius', { request: { raw: handshake }, pubsub: {} }, null],
    ['a context of the application', { req: handshake }, null],
    ['a context of the application on Fastify', { req: { raw: handshake, headers: {} } }, null],
  ])('is found: %s', (_, context, expected) => {
    expect(operationIn(context)).toEqual({ handshake, socket: expected });
  });

  it.each([
    [undefined],
    [null],
    ['text'],
    [{}],
    [{ req: null }],
    [{ req: 'text' }],
    [{ req: {} }],
    [{ req: { raw: null } }],
    [{ req: { method: 'GET', headers: {} } }],
    [{ req: { method: 'POST', headers: { upgrade: 'websocket' } } }],
    [{ req: { method: 'GET', headers: { upgrade: 'h2c' } } }],
    [{ req: { extra: {} }, request: undefined }],
  ])('is none over HTTP, or without a request: %p', (context) => {
    expect(operationIn(context)).toBeUndefined();
  });
});
