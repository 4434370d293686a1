/**
 * For tests: the contract that every store must keep, and a clock that stands still.
 *
 * @module nest-session/testing
 */
export { FakeClock } from './fake-clock.js';
export { describeStoreContract } from './store-contract.js';
export type { StoreContractOptions } from './store-contract-options.js';
export type { TestRunner } from './store-contract-options.js';
