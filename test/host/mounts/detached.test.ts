import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FileSystem, MountEntry } from '../../../src/host/host.ts';
import { afterEnds, noneDetached } from '../../../src/host/mounts/detached.ts';
import { mountsBelow, parseMountTable } from '../../../src/host/mounts/table.ts';
import type { HostUnderTest } from '../../contract/host/contract.ts';
import { eventually } from '../../lab/eventually.ts';
import { describeWith } from '../../lab/requirements.ts';
import { linuxHostUnderTest } from '../linux-host-under-test.ts';
import { type OtherNamespace, startNamespace } from '../mount-use/other-namespace.ts';

test('an unmount waits for the end of detached mounts of its own device alone', async () => {
  const detached = noneDetached();
  let end: () => void = () => undefined;
  const ending = new Promise<void>((resolve) => {
    end = resolve;
  });
  detached.ending.set(ending, '7:1');
  await afterEnds(detached, '7:2');
  const first = await Promise.race([
    afterEnds(detached, '7:1').then(() => 'went on'),
    new Promise((resolve) => setImmediate(resolve, 'waits')),
  ]);
  expect(first).toBe('waits');
  end();
  await afterEnds(detached, '7:1');
});

/** What mount(2) and a bind show is what fsconfig(2), fsmount(2) and move_mount(2) are to show. */
describeWith(
  { root: true, programs: ['mkfs.ext4', 'unshare'] },
  'an image that is mounted nowhere first',
  () => {
    let current: HostUnderTest;
    let other: OtherNamespace;
    const at = (name: string) => join(current.folder, name);
    beforeEach(async () => {
      current = await linuxHostUnderTest('auto');
      for (const name of ['root', 'root/shown', 'private']) mkdirSync(at(name));
      await current.host.mounts.makeMountRoot(at('root'));
      other = await startNamespace('slave', ':', [current.folder]);
      await current.host.files.createSparse(at('image'), 16 << 20);
      spawnSync('mkfs.ext4', ['-q', '-F', at('image')]);
      await mountedAt({ type: 'ext4', options: [], access: 'read-write' }, async (place) =>
        mkdirSync(join(place, 'data')),
      );
    });
    afterEach(async () => {
      await other.end();
      await current.cleanUp();
    });

    async function mountedAt(fileSystem: FileSystem, work: (place: string) => Promise<void>): Promise<void> {
      const { mounts } = current.host;
      await mounts.mountImage(at('image'), at('private'), fileSystem);
      await work(at('private'));
      await mounts.unmount(at('private'));
    }

    /** In this namespace, and in the one that gets its mounts from here; then it is unmounted. */
    async function shown(): Promise<readonly unknown[]> {
      const tables = [parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8')), other.mounts()];
      const entries = tables.map((table) => mountsBelow(table, at('root')).map(withoutNumbers));
      await current.host.mounts.unmount(at('root/shown'));
      await eventually('its loop device is free', async () => (await current.loopsOf(at('image'))) === 0);
      return entries;
    }

    test.each<{ options: string; access?: FileSystem['access'] }>([
      { options: '' },
      { options: 'noatime' },
      { options: 'relatime,nosuid' },
      { options: 'strictatime,nodev' },
      { options: 'noatime,strictatime' },
      { options: 'noatime,relatime,nodiratime' },
      { options: 'nosuid,nodev,noexec,nosymfollow' },
      { options: 'sync,dirsync,lazytime,silent' },
      { options: 'defaults,rw,suid,dev,exec,async,atime,diratime' },
      { options: 'errors=remount-ro,commit=30,nodiscard,data=ordered' },
      { options: 'ro' },
      { options: 'noload,noatime', access: 'read-only' },
    ])(
      'is shown with the options "$options" as after mount(2)',
      async ({ options, access = 'read-write' }) => {
        if (!current.detaches) return;
        const fileSystem = { type: 'ext4', options: options.split(',').filter(Boolean), access };
        const { mounts } = current.host;
        for (const flags of [[], ['nosuid', 'ro']] as const) {
          await mountedAt(fileSystem, (place) => mounts.bind(join(place, 'data'), at('root/shown'), flags));
          const before = await shown();
          const detached = await mounts.mountDetached(at('image'), fileSystem);
          await detached?.bind(`${detached.root}/data`, at('root/shown'), flags);
          await detached?.close();
          const now = await shown();
          expect(now).toEqual(before);
          expect(now).toEqual([[expect.anything()], [expect.anything()]]);
        }
      },
    );

    test('is refused by the same code, and in the words of the kernel', async () => {
      if (!current.detaches) return;
      const fileSystem = { type: 'ext4', options: ['nonsense=1'], access: 'read-write' } as const;
      const { mounts } = current.host;
      const { code } = await failureOf(mounts.mountImage(at('image'), at('private'), fileSystem));
      const failure = await failureOf(mounts.mountDetached(at('image'), fileSystem));
      expect(failure.code).toBe(code);
      expect(failure.message).toMatch(/^EINVAL: ext4: Unknown parameter 'nonsense', mount '\/dev\/loop\d+'$/);
      await eventually('its loop device is free', async () => (await current.loopsOf(at('image'))) === 0);
    });
  },
);

/** Without the IDs of mounts and peer groups, and the number of the loop device. */
function withoutNumbers({ mountId, parentId, device, source, propagation, ...entry }: MountEntry) {
  return { ...entry, propagation: propagation.map((group) => group.replace(/\d+/, 'N')) };
}

async function failureOf(
  work: Promise<unknown>,
): Promise<{ readonly code: unknown; readonly message: unknown }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error;
  }
  throw new Error('it did not fail');
}
