import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isDiskGone, isDiskMounted } from '../../../../src/backends/ebs/disk/kernel-state.ts';
import type { HostUnderTest } from '../../../contract/host/contract.ts';
import { linuxHostUnderTest } from '../../../host/linux-host-under-test.ts';
import { eventually } from '../../../lab/eventually.ts';
import { attachLoopDisk, type LoopDisk } from '../../../lab/loop/disk.ts';
import { describeWith } from '../../../lab/requirements.ts';
import { createDiskSubject, type DiskSubject, serial } from './under-test.ts';

const mebibyte = 1024 ** 2;
const programs = [
  'mkfs.ext4',
  'mkfs.xfs',
  'e2fsck',
  'resize2fs',
  'xfs_growfs',
  'debugfs',
  'blkid',
  'wipefs',
  'unshare',
];

/** Whether this process has CAP_SYS_RESOURCE, which ext4 requires. */
function mayGrowMounted(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> 24n) & 1n) === 1n;
}

describeWith({ root: true, programs, paths: ['/dev/loop-control'] }, 'a disk on this machine', () => {
  let real: HostUnderTest;
  let subject: DiskSubject;
  let disks: LoopDisk[];
  beforeEach(async () => {
    real = await linuxHostUnderTest('auto');
    subject = createDiskSubject(real.host, real.folder, { devices: '/dev', system: `${real.folder}/sys` });
    disks = [];
  });
  afterEach(async () => {
    await subject.unstage();
    for (const disk of disks) disk.detach();
    await real.cleanUp();
  });

  function attach(mebibytes: number, name = 'disk'): LoopDisk {
    const disk = attachLoopDisk(join(real.folder, name), mebibytes * mebibyte);
    disks.push(disk);
    return disk;
  }
  const files = () => real.host.files;
  const stage = ({ device }: LoopDisk, options = {}) => subject.stage(options, { requested: device });
  const write = () => files().writeText(join(subject.mountpoint, 'file'), 'kept', 'replace');
  const read = () => files().readText(join(subject.mountpoint, 'file'));
  const room = async () => (await files().space(subject.mountpoint)).freeBytes;

  test.each([
    ['ext4', 32],
    ['xfs', 300],
  ])('of zeros is formatted once, as %s, and keeps its data', async (fsType, mebibytes) => {
    const disk = attach(mebibytes);
    await stage(disk, { fsType, uid: '7', mode: '0750' });
    expect(await files().list(subject.mountpoint)).toEqual([]);
    expect(await files().facts(subject.mountpoint)).toMatchObject({ uid: 7, gid: 0, mode: 0o750 });
    await write();
    await subject.unstage();
    for (const isBlank of [false, true]) {
      subject.isBlank = isBlank;
      await stage(disk, { fsType });
      expect(await read()).toBe('kept');
      await subject.unstage();
    }
    expect(subject.acts).toHaveLength(1);
    expect(await isDiskMounted(files(), await numberOf(disk))).toBe(false);
  });
  test('marked with errors is repaired before it is mounted', async () => {
    const disk = attach(32);
    await stage(disk);
    await write();
    await subject.unstage();
    spawnSync('debugfs', ['-w', '-R', 'set_super_value state 2', disk.device]);
    await stage(disk);
    expect(await read()).toBe('kept');
    await subject.unstage();
    expect(spawnSync('dumpe2fs', ['-h', disk.device], { encoding: 'utf8' }).stdout).toMatch(
      /state:\s+clean\n/,
    );
  });
  test('with damage that e2fsck does not repair by itself is refused with the words of e2fsck', async () => {
    const disk = attach(32);
    await stage(disk);
    await subject.unstage();
    for (const request of ['clri <2>', 'set_super_value state 2']) {
      spawnSync('debugfs', ['-w', '-R', request, disk.device]);
    }
    await expect(stage(disk)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(
        /damaged, and e2fsck says ".*UNEXPECTED INCONSISTENCY.*Make a snapshot of vol-/,
      ),
    });
  });
  test.each([
    ['ext4', 32],
    ['xfs', 300],
  ])('rule 33: grows with its volume: %s', async (fsType, mebibytes) => {
    const disk = attach(mebibytes);
    await stage(disk, { fsType });
    await write();
    const before = await room();
    await subject.unstage();
    disk.enlarge(4 * mebibytes * mebibyte);
    await stage(disk, { fsType });
    expect(await read()).toBe('kept');
    expect(await room()).toBeGreaterThan(before * 3);
    expect(subject.events.map(({ event }) => event)).toEqual(['disk-grown']);
  });
  // Root in a container usually lacks it; test/lab/guest/in-guest.test.ts therefore runs this test in a guest.
  const testHere: (name: string, run: () => Promise<void>) => void = mayGrowMounted()
    ? test
    : () => undefined;
  testHere('rule 33: grows ext4 while it is mounted [needs CAP_SYS_RESOURCE]', async () => {
    const disk = attach(32);
    await stage(disk);
    await write();
    const before = await room();
    await subject.unstage();
    disk.enlarge(128 * mebibyte);
    const { programs } = real.host;
    const ran: string[] = [];
    const run: typeof programs.run = async (program, args, ...rest) => {
      const isMounted = await isDiskMounted(files(), await numberOf(disk));
      ran.push(`${program} ${args.slice(0, -1).join(' ')} ${isMounted ? 'mounted' : 'unmounted'}`);
      return programs.run(program, args, ...rest);
    };
    const host = { ...real.host, programs: { ...programs, run } };
    const folders = { devices: '/dev', system: `${real.folder}/sys` };
    const watched = createDiskSubject(host, real.folder, folders);
    watched.isBlank = false;
    await watched.stage({}, { requested: disk.device });
    expect(ran).toContain('resize2fs  mounted');
    expect(ran.filter((call) => call.includes('e2fsck -f'))).toEqual([]);
    expect(await read()).toBe('kept');
    expect(await room()).toBeGreaterThan(before * 3);
    expect(watched.events.map(({ event }) => event)).toEqual(['disk-grown']);
  });
  test.each([
    ['ext4', 32],
    ['xfs', 300],
  ])(
    'rule 32: and its clone, which has the same UUID, are mounted at the same time: %s',
    async (fsType, mebibytes) => {
      const disk = attach(mebibytes);
      await stage(disk, { fsType });
      await write();
      await subject.unstage();
      copyFileSync(disk.file, join(real.folder, 'clone'));
      await stage(disk, { fsType });
      const clone = attach(mebibytes, 'clone');
      const mountpoint = join(real.folder, 'mnt/clone');
      await files().makeMountpoint(mountpoint);
      await subject.stage({ fsType }, { requested: clone.device, mountpoint });
      expect(await files().readText(join(mountpoint, 'file'))).toBe('kept');
      await real.host.mounts.unmount(mountpoint);
    },
  );
  test('that a container still uses after the unmount is not checked meanwhile', async () => {
    const disk = attach(32);
    await stage(disk);
    await write();
    const release = await real.useElsewhere(subject.mountpoint);
    await subject.unstage();
    expect(await isDiskMounted(files(), await numberOf(disk))).toBe(true);
    await stage(disk);
    expect(await read()).toBe('kept');
    await subject.unstage();
    await release();
    // The kernel unmounts a namespace's mounts some time after its last process has ended.
    await eventually(
      'it is mounted no more',
      async () => !(await isDiskMounted(files(), await numberOf(disk))),
    );
  });
  test('is found by its link in a device folder, and by its serial number, and staged from there', async () => {
    const { device } = attach(32);
    const [folders, byId] = [join(real.folder, 'dev'), join(real.folder, 'dev/disk/by-id')];
    await files().makeDirectory(byId);
    spawnSync('cp', ['-a', device, join(folders, 'nvme1n1')]);
    await files().makeDirectory(join(real.folder, 'sys/block/nvme1n1'));
    await files().writeText(join(real.folder, 'sys/block/nvme1n1/serial'), `${serial}\n`, 'replace');
    const parts = { devices: folders, system: join(real.folder, 'sys') };
    subject = createDiskSubject(real.host, real.folder, parts);
    for (const isLinked of [false, true]) {
      if (isLinked) await real.link('../../nvme1n1', join(byId, `nvme-Amazon_Elastic_Block_Store_${serial}`));
      await subject.stage();
      await subject.unstage();
    }
    expect(subject.acts).toEqual([expect.objectContaining({ evidence: expect.stringContaining(serial) })]);
  });
  test('is read-only for a read-only volume, even for root', async () => {
    const disk = attach(32);
    await stage(disk);
    await write();
    expect(await isDiskGone(files(), await real.host.mounts.at(subject.mountpoint))).toBe(false);
    await subject.unstage();
    await stage(disk, { readOnly: 'true' });
    await expect(write()).rejects.toMatchObject({ code: 'EROFS' });
    expect(await read()).toBe('kept');
  });
  test('with a mount option that its file system does not support is refused with a clear error', async () => {
    const disk = attach(32);
    await expect(stage(disk, { mountOptions: 'noatime,nonsense' })).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/kernel refuses to mount vol-.* as ext4 with noatime,nonsense/),
    });
    await stage(disk, { mountOptions: 'noatime,nodev' });
    const [mount] = await real.host.mounts.below(join(real.folder, 'mnt'));
    expect(mount?.options).toEqual(expect.arrayContaining(['noatime', 'nodev']));
  });

  async function numberOf({ device }: LoopDisk): Promise<string> {
    return (await files().facts(device))?.number ?? '';
  }
});
