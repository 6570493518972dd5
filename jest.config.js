// On Node 20, the AWS SDK warns on stderr that a later version will need Node 22.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // Suites that take minutes and have no share for a run by default.
  testPathIgnorePatterns: [
    '/node_modules/',
    ...(process.env.HOLDFAST_WHOLE === '1' ? [] : ['\\.whole\\.test\\.ts$']),
  ],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, sourceMaps: 'inline' },
    ],
    '/node_modules/.+\\.js$': ['@swc/jest', { jsc: { target: 'es2022' } }],
  },
  setupFiles: ['<rootDir>/test/lab/jest/one-realm.ts', '<rootDir>/test/lab/jest/end-contexts.ts'],
  // Packages that are modules alone, which Jest does not load as they are.
  transformIgnorePatterns: [
    '/node_modules/(?!(?:.*/)?(?:string-width|strip-ansi|ansi-regex|get-east-asian-width)/)',
  ],
  reporters: ['default', '<rootDir>/test/lab/jest/list-skipped.mjs'],
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/lab/jest/slow-first.mjs',
  // Real servers and guests on a busy machine: what hangs is ended by its own deadlines, long before this. A test has no
  // limit of its own.
  testTimeout: 300_000,
  // On a busy machine, a worker that has run hundreds of files needs more than Jest's half second to end.
  workerGracefulExitTimeout: 20_000,
};
