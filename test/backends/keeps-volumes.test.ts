import { describe, expect, test } from '@jest/globals';
import type { BackendDefinition, DriverSettings } from '../../src/backends/definition.ts';
import { ebsBackend } from '../../src/backends/ebs/definition.ts';
import { glusterfsBackend } from '../../src/backends/glusterfs/definition.ts';
import { localBackend } from '../../src/backends/local/definition.ts';
import { nfsBackend } from '../../src/backends/nfs/definition.ts';
import { explainIssue } from '../../src/config/explain-issue.ts';

type Written = Readonly<Record<string, unknown>>;

function read(definition: BackendDefinition, written: Written): DriverSettings {
  const found = definition.readSettings(written, explainIssue);
  if (found.kind === 'wrong') throw new Error(JSON.stringify(found.issues));
  return found.settings;
}

const local = { root: '/srv', allowedRoots: ['/a', '/b'] };
const nfs = { server: 'nfs.example', export: '/srv', shares: ['other:/x'] };
const gluster = { servers: ['g1', 'g2'], volume: 'gv0', shares: ['g1:media'] };
const ebs = { region: 'eu-central-1', instanceId: 'i-0a' };

describe.each<[BackendDefinition, Written, readonly Written[], readonly Written[]]>([
  [
    localBackend,
    local,
    [{ trashRetention: '1h' }, { requireMount: true }, { allowedRoots: ['/c', '/b', '/a'] }],
    [{ root: '/other' }, { allowedRoots: ['/a'] }],
  ],
  [
    nfsBackend,
    nfs,
    [
      { version: '3' },
      { mountOptions: 'noatime' },
      { shares: ['other:/x', 'more:/y'] },
      { onRemove: 'retain' },
    ],
    [{ server: 'nfs2.example' }, { export: '/srv2' }, { shares: [] }],
  ],
  [
    glusterfsBackend,
    gluster,
    [{ servers: ['g2', 'g3'] }, { logLevel: 'INFO' }, { shares: ['g1:media', 'g1:more'] }],
    [{ servers: ['g3'] }, { volume: 'gv1' }, { shares: [] }],
  ],
  [
    ebsBackend,
    ebs,
    [{ tags: { team: 'db' } }, { linger: '10m' }, { preempt: 'never' }],
    [
      { region: 'eu-west-1' },
      { instanceId: 'i-0b' },
      { endpoint: 'http://127.0.0.1:1' },
      { metadataEndpoint: 'http://127.0.0.1:2' },
      { availabilityZone: 'eu-central-1b' },
    ],
  ],
])('volumes of a driver of $name', (definition, before, kept, lost) => {
  test.each(kept)('stay under %j', (changed) => {
    const after = read(definition, { ...before, ...changed });
    expect(after.keepsVolumesOf(read(definition, before))).toBe(true);
  });
  test.each(lost)('do not stay under %j', (changed) => {
    const after = read(definition, { ...before, ...changed });
    expect(after.keepsVolumesOf(read(definition, before))).toBe(false);
  });
  test('do not stay under another backend', () => {
    const other = definition === nfsBackend ? read(localBackend, local) : read(nfsBackend, nfs);
    expect(other.keepsVolumesOf(read(definition, before))).toBe(false);
  });
});
