import { statSync } from 'node:fs';

/**
 * Files that take a minute or more, in the order in which they start. They start first, because a slow file at the end would
 * run alone while the other workers are idle. Files with their own kernels (`nfs`) keep a processor busy and slow each other
 * down, so they alternate with files that wait for servers.
 */
const slow = [
  'backends/nfs/contract-guest',
  'e2e/glusterfs/servers',
  'e2e/plugin/lifecycle',
  'e2e/nfs/exports',
  'e2e/hidden-uses',
  'backends/glusterfs/contract-linux',
  'e2e/nfs/agents',
  'e2e/ebs/agents',
  'backends/local/contract-linux',
  'e2e/glusterfs/agents',
  'e2e/nfs/servers',
  'host/linux-host',
  'e2e/ebs/unknown-names',
  'e2e/glusterfs/hung',
  'backends/ebs/contract-endpoint',
  'e2e/swarm',
  'backends/ebs/crash',
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
