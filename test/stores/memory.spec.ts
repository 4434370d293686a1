import { MemorySessionStore } from 'nest-session';
import { describeStoreContract } from 'nest-session/testing';

describeStoreContract('MemorySessionStore', {
  runner: { describe, it, beforeEach, afterEach },
  create: () => new MemorySessionStore(),
});
