import { statSync } from 'node:fs';

/** Small files that take minutes. Begun last, they would run alone while the other worker has nothing left. */
const slow = [
  'nfs/contract-guest',
  'e2e/nfs-',
  'e2e/glusterfs-',
  'glusterfs/contract-linux',
  'e2e/ebs-',
  'e2e/plugin',
];

/** The order of the test files on a fresh clone, where Jest has no times of its own: the slow ones first, then by size. */
export default class SlowFirst {
  sort(tests) {
    const rank = new Map(tests.map((test) => [test, [isSlow(test.path) ? 0 : 1, -sizeOf(test.path)]]));
    const [first, second] = [0, 1].map((at) => (a, b) => rank.get(a)[at] - rank.get(b)[at]);
    return [...tests].sort((a, b) => first(a, b) || second(a, b));
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}

function isSlow(path) {
  return slow.some((name) => path.includes(name));
}

/** One that does not exist is reported by Jest. */
function sizeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
