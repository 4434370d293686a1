/** Jest on native ESM: TypeScript is turned into modules by swc, and the package's own names lead to its sources. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testRegex: '\\.spec\\.ts$',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nest-session$': '<rootDir>/lib/index.ts',
    '^nest-session/(lmdb|mysql|postgres|redis|sqlite)$': '<rootDir>/lib/stores/$1/index.ts',
    '^nest-session/(express|http|testing)$': '<rootDir>/lib/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  reporters: ['default', '<rootDir>/test/support/contract-table.mjs'],
  // Some suites wait for servers: others use the time.
  maxWorkers: '100%',
  // Far above what any test takes: a machine that others keep busy ends none.
  testTimeout: 120_000,
  coverageProvider: 'v8',
  collectCoverageFrom: ['lib/**/*.ts', '!lib/**/index.ts'],
};
