// On Node 20 the AWS SDK warns on stderr that it will need 22 one day.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

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
  testSequencer: '<rootDir>/test/lab/slow-first.mjs',
  // Real servers and guests on two cores: what hangs is ended by its own deadlines, long before this.
  testTimeout: 120_000,
};
