export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, sourceMaps: 'inline' },
    ],
  },
  reporters: ['default', '<rootDir>/test/lab/list-skipped.mjs'],
  maxWorkers: 2,
  // Real servers and guests on two cores: what hangs is ended by its own deadlines, long before this.
  testTimeout: 120_000,
};
