import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { MountEntry } from '../../../src/host/host.ts';
import {
  mountHolding,
  mountsBelow,
  parseMountTable,
  peerGroups,
  rootOf,
  topmostAt,
} from '../../../src/host/mounts/table.ts';

/** As the kernel writes a field (seq_path, mangle in fs/proc_namespace.c). */
function escapeField(field: string): string {
  return field.replace(/[ \t\n\\#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

function lineOf(entry: MountEntry): string {
  const { mountId, parentId, device, root, mountpoint, options, propagation, type, source, superOptions } =
    entry;
  const shown = type === 'nfs4' ? '/' : root;
  const start = `${mountId} ${parentId} ${device} ${escapeField(shown)} ${escapeField(mountpoint)} ${options.join(',')}`;
  const end = `- ${type} ${escapeField(source)} ${superOptions.join(',')}`;
  return [start, ...propagation, end].join(' ');
}

const path = fc
  .array(
    fc.stringMatching(/^[ -~\t\näß🦫]{1,8}$/u).map((name) => name.replaceAll('/', '-')),
    { maxLength: 4 },
  )
  .map((names) => `/${names.join('/')}`);
const word = fc.stringMatching(/^[a-z0-9=]{1,6}$/);
const number = fc.nat({ max: 100_000 });

const anyEntry: fc.Arbitrary<MountEntry> = fc.record({
  mountId: number,
  parentId: number,
  device: fc.tuple(number, number).map(([major, minor]) => `${major}:${minor}`),
  root: path,
  mountpoint: path,
  options: fc.array(word, { minLength: 1, maxLength: 4 }),
  propagation: fc.subarray(['shared:12', 'master:7', 'propagate_from:3', 'unbindable']),
  type: fc.constantFrom('ext4', 'fuse.glusterfs', 'nfs4'),
  source: fc.oneof(path, fc.constantFrom('-', '', 'none', 'server:/export - x', '[::1]:/a')),
  superOptions: fc.array(word, { minLength: 1, maxLength: 4 }),
});
const entry = anyEntry.map((one) => (one.type === 'nfs4' ? { ...one, source: `[::1]:${one.root}` } : one));

describe('parseMountTable', () => {
  test('parses everything that the kernel can write', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
        const text = entries.map((one) => `${lineOf(one)}\n`).join('');
        expect(parseMountTable(text)).toEqual(entries);
      }),
    );
  });
  test('reads the example of proc(5)', () => {
    const line = '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue';
    expect(parseMountTable(line)).toEqual([
      {
        mountId: 36,
        parentId: 35,
        device: '98:0',
        root: '/mnt1',
        mountpoint: '/mnt2',
        options: ['rw', 'noatime'],
        propagation: ['master:1'],
        type: 'ext3',
        source: '/dev/root',
        superOptions: ['rw', 'errors=continue'],
      },
    ]);
  });
  test('keeps the mark of a deleted directory', () => {
    const [deleted] = parseMountTable('36 35 98:0 /a//deleted /b\\040c rw - ext3 /dev/root rw');
    expect(deleted).toMatchObject({ root: '/a//deleted', mountpoint: '/b c' });
  });
  test.each([
    ['nfs4', 'guest0:/srv/volumes/db', '/srv/volumes/db'],
    ['nfs', '[fd00::1]:/srv/volumes/a\\040b', '/srv/volumes/a b'],
    ['nfs4', 'guest0:/', '/'],
    ['nfs', 'guest0://', '/'],
    ['nfs4', 'guest0:/srv/', '/srv'],
    ['nfs', 'guest0:export', '/'],
    ['fuse.glusterfs', 'g1:/gv0', '/'],
  ])(
    'finds the directory of a mount of %s of %s, whose root is always /, in the source',
    (type, source, root) => {
      const [parsed] = parseMountTable(`36 35 0:50 / /mnt rw - ${type} ${source} rw`);
      expect(parsed?.root).toBe(root);
    },
  );
  test('skips malformed lines', () => {
    expect(parseMountTable('\nnonsense\n1 2 3:4 / /a rw shared:1\n')).toEqual([]);
  });
});

function mount(mountpoint: string, more: Partial<MountEntry> = {}): MountEntry {
  const [parsed] = parseMountTable('1 0 8:1 / / rw - ext4 /dev/sda1 rw');
  if (!parsed) throw new Error('no entry');
  return { ...parsed, mountpoint, ...more };
}

describe('finding mounts', () => {
  const table = [
    mount('/'),
    mount('/a'),
    mount('/ab'),
    mount('/a/b', { mountId: 7 }),
    mount('/a/b', { mountId: 8 }),
  ];

  test('below compares whole names, and excludes the directory itself', () => {
    expect(mountsBelow(table, '/a').map(({ mountId }) => mountId)).toEqual([7, 8]);
    expect(mountsBelow(table, '/')).toHaveLength(4);
    expect(mountsBelow([mount('/ab')], '/a')).toEqual([]);
  });
  test('the last of stacked mounts is the topmost', () => {
    expect(topmostAt(table, '/a/b')?.mountId).toBe(8);
    expect(topmostAt(table, '/a/b/c')).toBeUndefined();
  });
  test('a path belongs to the nearest mount above it', () => {
    expect(mountHolding(table, '/a/b/c')?.mountId).toBe(8);
    expect(mountHolding(table, '/abc/d')?.mountpoint).toBe('/');
    expect(mountHolding([mount('/a')], '/b')).toBeUndefined();
  });
  test.each([
    ['/', '/', '/a/b', '/a/b'],
    ['/mnt', '/', '/mnt', '/'],
    ['/mnt', '/', '/mnt/a', '/a'],
    ['/mnt', '/vols', '/mnt', '/vols'],
    ['/mnt', '/vols', '/mnt/a', '/vols/a'],
    ['/', '/@', '/', '/@'],
    ['/', '/@', '/a', '/@/a'],
  ])('through a mount on %s of %s, %s is %s', (mountpoint, root, at, expected) => {
    expect(rootOf(mount(mountpoint, { root }), at)).toBe(expected);
  });
  test('peer groups are read by kind', () => {
    const slave = mount('/a', { propagation: ['shared:5', 'master:3', 'unbindable'] });
    expect(peerGroups(slave, ['shared'])).toEqual(['5']);
    expect(peerGroups(slave, ['shared', 'master'])).toEqual(['5', '3']);
    expect(peerGroups(mount('/a'), ['shared'])).toEqual([]);
  });
});
