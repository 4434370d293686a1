/**
 * For tests: the contract that every store must keep, and a clock that stands still.
 *
 * @module nest-session/testing
 */
export { FakeClock } from './fake-clock.js';
export { describeStoreContract, type StoreContractOptions, type TestRunner } from './store-contract.js';
