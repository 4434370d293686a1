import { describeStoreContract } from 'nest-session/testing';
import { MySessionStore } from './my-session-store.js';

describeStoreContract('MySessionStore', {
  runner: { describe, it, beforeEach, afterEach },
  create: () => new MySessionStore(),
  sweeps: false,
  claimsExpired: false,
  indexesPrincipals: false,
  epochs: false,
  limits: false,
  scans: false,
  notices: false,
});
