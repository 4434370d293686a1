/**
 * For tests: the contract that every store must keep, and a fake clock.
 *
 * @module nest-session/testing
 */
export { FakeClock } from './fake-clock.js';
export { describeStoreContract } from './store-contract.js';
export type { StoreInstances } from './notice-contract.js';
export type { StoreContractOptions, TestRunner } from './store-contract.js';
