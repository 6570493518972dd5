import { statSync } from 'node:fs';

/**
 * Files that take a minute or more, in the order in which they start. They start first, because a slow file at the end would
 * run alone while the other workers are idle. Files with their own kernels (`nfs`) keep a processor busy and slow each other
 * down, so each starts when the one before it is about to end.
 */
const slow = [
  'e2e/nfs/exports',
  'e2e/plugin/lifecycle',
  'e2e/glusterfs/servers',
  'backends/glusterfs/contract-linux',
  'e2e/hidden-uses',
  'e2e/ebs/agents',
  'backends/local/contract-linux',
  'backends/nfs/contract-guest',
  'e2e/glusterfs/agents',
  'host/linux-host',
  'e2e/ebs/unknown-names',
  'e2e/nfs/agents',
  'e2e/glusterfs/hung',
  'install/release',
  'backends/ebs/contract-endpoint',
  'e2e/swarm',
  'e2e/page',
  'backends/ebs/crash',
  'e2e/nfs/servers',
  'e2e/glusterfs/',
  'crash/crash-linux',
  'e2e/mesos/agent',
  'e2e/podman',
  'e2e/plugin/',
];

/** Orders the test files: the slow ones first, then by size, the largest first. */
export default class SlowFirst {
  sort(tests) {
    const rank = new Map(tests.map((test) => [test, [placeOf(test.path), -sizeOf(test.path)]]));
    const [first, second] = [0, 1].map((at) => (a, b) => rank.get(a)[at] - rank.get(b)[at]);
    return [...tests].sort((a, b) => first(a, b) || second(a, b));
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}

function placeOf(path) {
  const place = slow.findIndex((name) => path.includes(`/test/${name}`));
  return place < 0 ? slow.length : place;
}

/** 0 for a missing file; Jest itself reports it. */
function sizeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
