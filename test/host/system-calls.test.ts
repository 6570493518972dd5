import { spawn, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { deviceText } from '../../src/host/device-number.ts';
import { createLinuxHost } from '../../src/host/linux-host.ts';
import { mountsBelow, parseMountTable, topmostAt } from '../../src/host/mounts/table.ts';
import { loadSystemCalls } from '../../src/host/system-calls.ts';
import { eventually } from '../lab/eventually.ts';
import { describeWith } from '../lab/requirements.ts';

describe('the system calls', () => {
  test('load on this machine, and twice in one process', async () => {
    expect(await loadSystemCalls()).toBeDefined();
    expect(await loadSystemCalls()).toBeDefined();
  });
  test('report what is at a path, as Node does', async () => {
    const calls = await loadSystemCalls();
    const { dev, ino } = statSync('/usr/bin', { bigint: true });
    expect(calls?.statMount('/usr/bin')).toMatchObject({
      isMountRoot: false,
      isSymlink: false,
      device: deviceText(dev),
      inode: `${ino}`,
    });
    expect(calls?.statMount('/proc')).toMatchObject({ isMountRoot: true });
    expect(calls?.statMount('/proc/self')).toMatchObject({ isSymlink: true });
    for (const missing of ['/none/at/all', '/etc/passwd/none'])
      expect(calls?.statMount(missing)).toBeUndefined();
  });
  test('an attribute that is not there is undefined, and so is one of a file system without any', async () => {
    const calls = await loadSystemCalls();
    expect(await calls?.attribute('/proc', 'user.none')).toBeUndefined();
    expect(await calls?.attribute('/usr/bin', 'glusterfs.none')).toBeUndefined();
    await expect(calls?.attribute('/none/at/all', 'user.none')).rejects.toMatchObject({ code: 'ENOENT' });
  });
  test('throw errors with a code and the path', async () => {
    const calls = await loadSystemCalls();
    expect(() => calls?.statMount(`/${'x'.repeat(300)}`)).toThrow(
      /^ENAMETOOLONG: name too long, statx '\/xx/,
    );
    await expect(calls?.unmountFileSystem('/none/at/all')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

/** Facts that only the kernel's mount table shows. */
describeWith({ root: true, programs: ['mount', 'umount'] }, 'Linux mounts', () => {
  let folder = '';
  const at = (name: string) => join(folder, name);
  const table = () => parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'));
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-mounts-')));
    for (const name of ['disk', 'target']) mkdirSync(at(name));
  });
  afterEach(() => {
    for (const { mountpoint } of [...mountsBelow(table(), folder)].reverse())
      spawnSync('umount', [mountpoint]);
    rmSync(folder, { recursive: true });
  });

  describe.each(['auto', 'spawned'] as const)('with system calls: %s', (systemCalls) => {
    test.each([
      ['nosuid,nodev,noexec,noatime', ['ro', 'nosuid', 'nodev', 'noexec', 'noatime']],
      ['nosuid,relatime', ['ro', 'nosuid', 'relatime']],
      ['nodev,strictatime', ['ro', 'nodev']],
      ['nodiratime,relatime', ['ro', 'nodiratime', 'relatime']],
    ])('a read-only bind of a disk with %s keeps them', async (options, expected) => {
      spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at('disk')]);
      mkdirSync(at('disk/volume'));
      const { mounts } = await createLinuxHost({ systemCalls });
      await mounts.bind(at('disk/volume'), at('target'), ['ro']);
      expect([...(topmostAt(table(), at('target'))?.options ?? [])].sort()).toEqual([...expected].sort());
    });
    test('copies of a bind in other mount namespaces have its flags, too', async () => {
      // Without the system calls of Linux 5.2 and 5.12, the copy is made before the flags are set.
      if (systemCalls === 'spawned') return;
      mkdirSync(at('disk/volume'));
      mkdirSync(at('target/v'));
      const { mounts } = await createLinuxHost({ systemCalls });
      await mounts.makeMountRoot(at('target'));
      const other = spawn('unshare', ['--mount', '--propagation=slave', 'cat'], {
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      try {
        const own = readlinkSync('/proc/self/ns/mnt');
        await eventually(
          'it has its namespace',
          async () => readlinkSync(`/proc/${other.pid}/ns/mnt`) !== own,
        );
        await eventually('it runs', async () => readFileSync(`/proc/${other.pid}/comm`, 'utf8') === 'cat\n');
        await mounts.bind(at('disk/volume'), at('target/v'), ['ro', 'nosuid', 'noexec']);
        const copies = parseMountTable(readFileSync(`/proc/${other.pid}/mountinfo`, 'utf8'));
        for (const entries of [table(), copies]) {
          const options = topmostAt(entries, at('target/v'))?.options;
          expect(options).toEqual(expect.arrayContaining(['ro', 'nosuid', 'noexec']));
        }
      } finally {
        other.kill('SIGKILL');
      }
    });
    test('a mount root on a shared disk leaves the peer group of that disk', async () => {
      spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', at('disk')]);
      spawnSync('mount', ['--make-shared', at('disk')]);
      for (const name of ['disk/root', 'disk/root/volume']) mkdirSync(at(name));
      const { mounts } = await createLinuxHost({ systemCalls });
      await mounts.makeMountRoot(at('disk/root'));
      const group = (path: string) => topmostAt(table(), path)?.propagation[0];
      expect(group(at('disk/root'))).toMatch(/^shared:/);
      expect(group(at('disk/root'))).not.toBe(group(at('disk')));
      await mounts.bind(at('target'), at('disk/root/volume'), []);
      expect(mountsBelow(table(), folder)).toHaveLength(3);
    });
    test('a half-made mount root is completed', async () => {
      spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', at('disk')]);
      spawnSync('mount', ['--make-shared', at('disk')]);
      mkdirSync(at('disk/root'));
      spawnSync('mount', ['--bind', at('disk/root'), at('disk/root')]);
      const { mounts } = await createLinuxHost({ systemCalls });
      await mounts.makeMountRoot(at('disk/root'));
      const [disk, root] = mountsBelow(table(), folder);
      expect(root?.propagation).toEqual([expect.stringMatching(/^shared:/)]);
      expect(root?.propagation).not.toEqual(disk?.propagation);
    });
    test('an existing shared mount is used as mount root unchanged', async () => {
      spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', at('disk')]);
      spawnSync('mount', ['--make-shared', at('disk')]);
      const before = topmostAt(table(), at('disk'));
      const { mounts } = await createLinuxHost({ systemCalls });
      await mounts.makeMountRoot(at('disk'));
      expect(topmostAt(table(), at('disk'))).toEqual(before);
    });
    test('mounts below a directory stay visible when it becomes a mount root', async () => {
      mkdirSync(at('disk/volume'));
      spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', at('disk/volume')]);
      writeFileSync(at('disk/volume/file'), 'kept');
      const { mounts } = await createLinuxHost({ systemCalls });
      await mounts.makeMountRoot(at('disk'));
      expect(readFileSync(at('disk/volume/file'), 'utf8')).toBe('kept');
    });
    test('an unmount of a disk with an open file is EBUSY', async () => {
      spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', at('disk')]);
      const { mounts } = await createLinuxHost({ systemCalls });
      const cwd = process.cwd();
      process.chdir(at('disk'));
      const unmounting = mounts.unmount(at('disk'));
      await expect(unmounting).rejects.toMatchObject({ code: 'EBUSY' });
      process.chdir(cwd);
      await mounts.unmount(at('disk'));
      expect(await mounts.at(at('disk'))).toEqual({ kind: 'bare' });
    });
    test('paths may contain all characters of file names', async () => {
      const odd = at('a b\tc\n#\\040ä');
      mkdirSync(odd);
      const { mounts } = await createLinuxHost({ systemCalls });
      await mounts.bind(at('disk'), odd, []);
      expect((await mounts.below(folder)).map(({ mountpoint }) => mountpoint)).toEqual([odd]);
      await mounts.unmount(odd);
      expect(await mounts.below(folder)).toEqual([]);
    });
  });
});
