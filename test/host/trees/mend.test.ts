import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sameAttributes } from '../../../src/host/trees/attributes.ts';
import type { Entry } from '../../../src/host/trees/entry.ts';
import { openTrees } from '../../../src/host/trees/open-trees.ts';
import { describeWith } from '../../lab/requirements.ts';

const signal = new AbortController().signal;
const trees = openTrees();
let folder: string;
let root: string;
let manifest: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-mend-'));
  root = join(folder, 'data');
  manifest = join(folder, 'manifest');
  mkdirSync(join(root, 'sub'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function socket(path: string): void {
  const perl = 'use Socket; socket(S,AF_UNIX,SOCK_STREAM,0); bind(S,sockaddr_un($ARGV[0]))';
  expect(spawnSync('perl', ['-e', perl, path]).status).toBe(0);
}
/** Before 1970, with a part of a second. Node cannot. */
const touchEarly = (...paths: readonly string[]) =>
  execFileSync('touch', ['-d', '@-1.5', ...paths.map((path) => join(root, path))]);
const attribute = (path: string, name: string, value: string) =>
  execFileSync('setfattr', ['-h', '-n', name, '-v', value, path]);
const differences = async () => (await trees.compare(root, manifest, undefined, signal)).differences;
async function mended(): Promise<readonly string[]> {
  await trees.mend(root, manifest, signal);
  return differences();
}

describeWith({ root: true, programs: ['setfattr', 'perl', 'mkfifo', 'mknod'] }, 'a mended tree', () => {
  test('has the hard links of what is not a file, which restic makes apart', async () => {
    symlinkSync('nowhere', join(root, 'way'));
    execFileSync('mkfifo', [join(root, 'fifo')]);
    execFileSync('mknod', [join(root, 'device'), 'c', '1', '3']);
    socket(join(root, 'socket'));
    const kinds = ['way', 'fifo', 'device', 'socket'];
    for (const name of kinds) {
      linkSync(join(root, name), join(root, 'sub', name));
      linkSync(join(root, name), join(root, 'sub', `${name}-again`));
    }
    touchEarly('sub');
    await trees.describe(root, manifest, undefined, signal);
    for (const path of [...kinds, ...readdirSync(join(root, 'sub')).map((name) => join('sub', name))]) {
      const [place, apart] = [join(root, path), join(folder, 'apart')];
      if (path.includes('socket')) unlinkSync(place);
      else {
        execFileSync('cp', ['-a', place, apart]);
        execFileSync('mv', ['-T', apart, place]);
      }
    }
    expect((await differences()).join()).toContain('sub/fifo: its hard links differ');
    expect(await mended()).toEqual([]);
    for (const name of kinds) expect(lstatSync(join(root, name)).nlink).toBe(3);
  });

  test('has owners, modes, times before 1970, and attributes of any name on any kind', async () => {
    writeFileSync(join(root, 'file'), 'content');
    symlinkSync('nowhere', join(root, 'way'));
    socket(join(root, 'sub', 'socket'));
    const capability = '0x0100000200040000000000000000000000000000';
    for (const [name, value] of [
      ['security.capability', capability],
      ['user.ü', 'kept'],
      ['user.empty', ''],
    ] as const)
      attribute(join(root, 'file'), name, value);
    for (const path of ['way', 'sub/socket', '']) attribute(join(root, path), 'trusted.note', '0x00ff');
    chownSync(join(root, 'file'), 7, 8);
    chmodSync(join(root, 'file'), 0o6711);
    attribute(join(root, 'file'), 'security.capability', capability);
    touchEarly('file', 'sub/socket', 'sub', '');
    await trees.describe(root, manifest, undefined, signal);
    attribute(join(root, 'file'), 'user.ü', 'other');
    attribute(join(root, 'file'), 'user.more', 'other');
    unlinkSync(join(root, 'sub', 'socket'));
    chownSync(join(root, 'file'), 0, 0);
    execFileSync('setfattr', ['-h', '-x', 'trusted.note', join(root, 'way')]);
    for (const path of ['file', 'sub', '']) utimesSync(join(root, path), 1, 1);
    expect(await differences()).toHaveLength(5);
    expect(await mended()).toEqual([]);
    expect(lstatSync(join(root, 'file'), { bigint: true }).mtimeNs).toBe(-1_500_000_000n);
    attribute(join(root, 'file'), 'user.ü', 'other');
    expect(await differences()).toEqual(['file: its extended attributes differ']);
  });

  test('has the sockets of a directory that changed while it was read', async () => {
    socket(join(root, 'sub', 'socket'));
    await trees.describe(root, manifest, undefined, signal);
    writeFileSync(join(root, 'sub', 'pid'), '1');
    await trees.settle(root, manifest, [], signal);
    unlinkSync(join(root, 'sub', 'socket'));
    expect(await mended()).toEqual([]);
    expect(lstatSync(join(root, 'sub', 'socket')).isSocket()).toBe(true);
  });

  test('has nothing of what lies outside, whatever the manifest says of links', async () => {
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), 'theirs');
    mkdirSync(join(root, 'way'));
    writeFileSync(join(root, 'way', 'file'), 'ours');
    linkSync(join(root, 'way', 'file'), join(root, 'zz'));
    await trees.describe(root, manifest, undefined, signal);
    rmSync(join(root, 'way'), { recursive: true });
    symlinkSync(outside, join(root, 'way'));
    cpSync(join(root, 'zz'), join(root, 'zz-apart'));
    unlinkSync(join(root, 'zz'));
    expect((await mended()).join()).toContain('zz: it is missing');
    expect(lstatSync(join(outside, 'file')).nlink).toBe(1);
  });
});

/** An ACL of NFS 4: type, flags, mask and name of each entry. */
function nfs4Acl(...entries: readonly (readonly [flags: number, name: string])[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(entries.length);
  const each = entries.map(([flags, name]) => {
    const bytes = Buffer.alloc(16 + Math.ceil(name.length / 4) * 4);
    for (const [index, word] of [0, flags, 0x1601bf, name.length].entries())
      bytes.writeUInt32BE(word, index * 4);
    bytes.write(name, 16);
    return bytes;
  });
  return Buffer.concat([count, ...each]);
}

const base: Entry = { p: 'file', t: 'f', m: 0o644, u: 0, g: 0, a: '0', c: '0', i: '1' };
const having = (name: string, value: Buffer): Entry => ({ ...base, x: { [name]: value.toString('base64') } });
const acl = (...entries: readonly (readonly [number, string])[]) =>
  having('system.nfs4_acl', nfs4Acl(...entries));
const ofMode = [
  [0, 'OWNER@'],
  [0x40, 'GROUP@'],
  [0, 'EVERYONE@'],
] as const;

test.each<readonly [string, Entry, boolean]>([
  ["a host's label", having('security.selinux', Buffer.from('label')), true],
  ["a file system's property", having('btrfs.compression', Buffer.from('zstd')), true],
  ['an ACL of NFS 4 that says what the mode says', acl(...ofMode), true],
  ['one for another user', acl(...ofMode, [0, '1234']), false],
  ['one that is inherited', acl(...ofMode, [0x0b, 'EVERYONE@']), false],
  ['one that is cut', having('system.nfs4_acl', nfs4Acl(...ofMode).subarray(0, 30)), false],
  ['an empty one', having('system.nfs4_acl', Buffer.of()), false],
  ['an attribute of a user', having('user.note', Buffer.of()), false],
])('%s: whether a file without it is the same', (_, entry, isSame) => {
  expect(sameAttributes(entry, base)).toBe(isSame);
  expect(sameAttributes(base, entry)).toBe(isSame);
});
