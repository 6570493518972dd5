import { beforeEach, describe, expect, test } from '@jest/globals';
import { isDiskGone, isDiskMounted } from '../../../../src/backends/ebs/disk/kernel-state.ts';
import type { Host } from '../../../../src/host/host.ts';
import { createFakeDisk, plugIn } from '../../../fakes/host/disks.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../../fakes/host/fake-host.ts';
import { failure } from '../../../fakes/host/programs.ts';
import type { FakeDisk } from '../../../fakes/host/tree.ts';
import { createDiskSubject, type DiskSubject, otherSerial, serial } from './under-test.ts';

const gibibyte = 1024 ** 3;
const path = '/dev/nvme1n1';

let state: FakeState;
let host: Host;
let disk: FakeDisk;
let subject: DiskSubject;
let ran: string[];
let unplug: () => void;
beforeEach(() => {
  state = createFakeState();
  ran = [];
  for (const [name, program] of state.programs) {
    state.programs.set(name, (call) => {
      ran.push([name, ...call.args].join(' '));
      return program(call);
    });
  }
  host = createFakeHost(state);
  disk = createFakeDisk(gibibyte);
  unplug = plugIn(state, disk, { path, serial });
  subject = createDiskSubject(host, '/folder');
});

const ranWith = (name: string) => ran.filter((call) => call.startsWith(name));
const read = () => host.files.readText(`${subject.mountpoint}/file`);

async function writeOnce(): Promise<void> {
  await subject.stage();
  await host.files.writeText(`${subject.mountpoint}/file`, 'kept', 'replace');
  await subject.unstage();
  ran.splice(0);
}

describe('a blank disk that Holdfast made', () => {
  test('rules 29 and 31: is formatted after the audit log has the proof, and loses its tag before it is mounted', async () => {
    const format = state.programs.get('mkfs.ext4');
    state.programs.set('mkfs.ext4', (call) => {
      expect(subject.acts).toHaveLength(1);
      expect(subject.isBlank).toBe(true);
      return format?.(call) ?? failure('none');
    });
    state.failNext('mounts.mountDisk', new Error('not yet'));
    await expect(subject.stage()).rejects.toThrow('not yet');
    expect(subject.isBlank).toBe(false);
    expect(ranWith('mkfs')).toEqual([`mkfs.ext4 -q -F -m0 ${path}`]);
    expect(subject.acts[0]).toMatchObject({
      act: 'format',
      driver: 'gold',
      volume: 'db',
      evidence: expect.stringMatching(
        /tag says that Holdfast made it blank.*vol-0123456789abcdef0 at \/dev\/nvme1n1 \(serial number vol0123456789abcdef0\).*blkid -p and wipefs find no signature.*first and last MiB and \d+ places.*zeros/,
      ),
    });
  });
  test('is formatted once', async () => {
    await writeOnce();
    await subject.stage();
    expect(await read()).toBe('kept');
    expect(ranWith('mkfs')).toEqual([]);
  });
  test('is formatted once, even if the daemon died before it removed the tag', async () => {
    await writeOnce();
    subject.isBlank = true;
    await subject.stage();
    expect(await read()).toBe('kept');
    expect(ranWith('mkfs')).toEqual([]);
    expect(subject.isBlank).toBe(false);
  });
  test('rule 34: shows a fresh directory with the owner and mode of its options, and no lost+found', async () => {
    await subject.stage({ uid: '7', gid: '8', mode: '0750' });
    expect(await host.files.list(subject.mountpoint)).toEqual([]);
    expect(await host.files.facts(subject.mountpoint)).toMatchObject({ uid: 7, gid: 8, mode: 0o750 });
    const [mount] = await host.mounts.below('/folder/mnt');
    expect(mount).toMatchObject({ root: '/data', source: path });
    expect(await host.files.list('/folder/mnt')).toEqual(['db']);
  });
  test.each([
    ['app/db', '/app/db'],
    ['/', '/'],
  ])('has its data at the rootPath %s', async (rootPath, root) => {
    await subject.stage({ rootPath });
    expect((await host.mounts.below('/folder/mnt'))[0]).toMatchObject({ root });
  });
  test('is formatted as xfs, with the options of mkfs', async () => {
    await subject.stage({ fsType: 'xfs', mkfsOptions: '-i size=1024 -m reflink=0' });
    expect(ranWith('mkfs')).toEqual([`mkfs.xfs -q -i size=1024 -m reflink=0 ${path}`]);
  });
  test.each(['-d /etc', '/dev/sda', '-O journal-dev', '8192', '-L $(id)', '-i 8192;id', '--help'])(
    'rule 31: is not formatted with the options %s: only letters and digits are passed on',
    async (mkfsOptions) => {
      await expect(subject.stage({ mkfsOptions })).rejects.toMatchObject({ code: 'invalid' });
      expect(ranWith('mkfs')).toEqual([]);
    },
  );
  test('is not formatted if its name leads to another disk at the last moment', async () => {
    const wipefs = state.programs.get('wipefs');
    state.programs.set('wipefs', (call) => {
      unplug();
      plugIn(state, disk, { path, serial: otherSerial });
      return wipefs?.(call) ?? failure('none');
    });
    await expect(subject.stage()).rejects.toThrow(/was replaced.*is another disk/);
    expect(ranWith('mkfs')).toEqual([]);
    expect(subject.acts).toEqual([]);
  });
  test('is formatted to the end even if the caller gives up: half of it would be neither blank nor a file system', async () => {
    const controller = new AbortController();
    const format = state.programs.get('mkfs.ext4');
    state.programs.set('mkfs.ext4', (call) => {
      controller.abort();
      expect(call.signal.aborted).toBe(false);
      return format?.(call) ?? failure('none');
    });
    await subject.stage();
    expect(disk.image?.type).toBe('ext4');
  });
});

describe('a disk is never formatted', () => {
  const refused = async (message: RegExp, options = {}, code = 'conflict') => {
    const before = { data: Buffer.from(disk.data), acts: subject.acts.length };
    await expect(subject.stage(options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(ranWith('mkfs')).toEqual([]);
    expect(subject.acts).toHaveLength(before.acts);
    expect(disk.data.equals(before.data)).toBe(true);
    expect((await host.mounts.at(subject.mountpoint)).kind).toBe('bare');
  };
  test('rule 30: without the tag, as for a snapshot or an adopted volume', async () => {
    subject.isBlank = false;
    await refused(
      /Volume db.*no file system on vol-0.*none of its tags says that Holdfast made it blank.*never formatted/,
    );
  });
  test('rule 30: for a read-only mount', () =>
    refused(/it is read-only.*never formatted/, { readOnly: 'true' }));
  test('rule 30: if it has another file system, which is never converted', async () => {
    await writeOnce();
    await refused(/blkid finds ext4 on .*the volume is to be xfs.*never converted/, { fsType: 'xfs' });
  });
  test('rule 29: if it cannot be read and therefore blkid and wipefs find nothing', async () => {
    disk.isUnreadable = true;
    await refused(/was not formatted: .* cannot be read at 0 \(EIO.*\)/, {}, 'unavailable');
  });
  test.each([
    ['at the beginning', 0],
    ['at the end', gibibyte - 1],
    ["at the place of a superblock's copy", 128 * 1024 ** 2],
    ['at the beginning of a partition', 1024 ** 2 + 1024],
    ['at a quarter', gibibyte / 4],
  ])('if there is one byte %s', async (_, offset) => {
    const readBytes: Host['files']['readBytes'] = async (from, start, length) => {
      const bytes = await host.files.readBytes(from, start, length);
      if (offset >= start && offset < start + length) bytes[offset - start] = 7;
      return bytes;
    };
    subject = createDiskSubject({ ...host, files: { ...host.files, readBytes } }, '/folder');
    await refused(
      new RegExp(`not blank: the byte at ${offset} is 7, not 0.*remove the volume and create it again`),
    );
  });
  test('if only wipefs finds something', async () => {
    state.programs.set('wipefs', () => ({
      exitCode: 0,
      stdout: 'zfs_member 0x1f000\next4 0x438\n',
      stderr: '',
    }));
    await refused(/not blank: wipefs finds zfs_member at 0x1f000; wipefs finds ext4 at 0x438/);
  });
  test.each([
    ['TYPE=LVM2_member\nUSAGE=raid\n', /blkid finds LVM2_member on/],
    ['PTTYPE=gpt\n', /blkid finds a partition table \(gpt\) on/],
  ])('if blkid finds %j', async (stdout, message) => {
    state.programs.set('blkid', () => ({ exitCode: 0, stdout, stderr: '' }));
    await refused(message);
  });
  const kinds = [
    'crypto_LUKS',
    'LVM2_member',
    'linux_raid_member',
    'swap',
    'zfs_member',
    'btrfs',
    'ntfs',
    'vfat',
    'ext3',
  ];
  test.each([
    ...kinds.map((type) => `TYPE=${type}\nUSAGE=${/^[bnve]/.test(type) ? 'filesystem' : 'other'}\n`),
    'PTTYPE=dos\n',
    'TYPE=xfs\nUSAGE=filesystem\n',
  ])('if blkid finds %j; the error does not suggest the option fsType', async (stdout) => {
    state.programs.set('blkid', () => ({ exitCode: 0, stdout, stderr: '' }));
    await refused(/never converted: (?!.*option fsType).*copy its data to a new volume/);
    if (stdout.includes('xfs')) return;
    await refused(/never converted: (?!.*option fsType)/, { volumeId: 'vol-0123456789abcdef0' });
    await refused(/never converted: (?!.*option fsType)/, { snapshot: 'snap-0123456789abcdef0' });
  });
  test('if somebody put another supported file system on it; the error says how to use that', async () => {
    const stdout = 'TYPE=xfs\nUSAGE=filesystem\n';
    state.programs.set('blkid', () => ({ exitCode: 0, stdout, stderr: '' }));
    await refused(/remove the volume, .* and adopt it with the option fsType=xfs/, {
      volumeId: 'vol-0123456789abcdef0',
    });
    await refused(/make a volume from snap-0 with the option fsType=xfs, and remove this one/, {
      snapshot: 'snap-0',
    });
  });
  test('if blkid finds several things at once, or does not work', async () => {
    state.programs.set('blkid', () => failure('', 8));
    await refused(/blkid finds signatures of several kinds/);
    state.programs.set('blkid', () => failure('no such device', 4));
    await refused(/blkid could not look.*"no such device" \(exit code 4\)/, {}, 'unavailable');
  });
  test('if wipefs does not work, or is not installed', async () => {
    state.programs.set('wipefs', () => failure('probing failed'));
    await refused(/wipefs could not look at it \(exit code 1\), and says "probing failed"/);
    state.programs.delete('wipefs');
    await refused(/wipefs is not installed/, {}, 'unavailable');
  });
});

describe('a disk with data', () => {
  test('rule 32: is checked before it is mounted, unless it is clean', async () => {
    await writeOnce();
    await subject.stage();
    expect(ranWith('e2fsck')).toEqual([`e2fsck -p ${path}`]);
    await subject.unstage();
    ran.splice(0);
    disk.data.writeUInt16LE(1, 1024 + 58);
    await subject.stage();
    expect(ranWith('e2fsck')).toEqual([]);
  });
  test('that e2fsck cannot repair is refused, and the error says how to make a copy', async () => {
    await writeOnce();
    state.programs.set('e2fsck', () => failure('UNEXPECTED INCONSISTENCY', 4));
    await expect(subject.stage()).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(
        /damaged.*Make a snapshot of vol-0.*then run `e2fsck -f \/dev\/nvme1n1`/,
      ),
    });
  });
  test('is not checked while a container still has it after the unmount', async () => {
    await subject.stage();
    state.use(subject.mountpoint, { pid: 1, command: 'sh' });
    await subject.unstage();
    const number = (await host.files.facts(path))?.number ?? '';
    expect(await isDiskMounted(host.files, number)).toBe(true);
    ran.splice(0);
    await subject.stage();
    expect(ranWith('e2fsck')).toEqual([]);
    await subject.unstage();
    state.release(subject.mountpoint);
    expect(await isDiskMounted(host.files, number)).toBe(false);
  });
  test('rule 32: is mounted with the requested options, and xfs with nouuid', async () => {
    const asked: (readonly string[])[] = [];
    const mountDisk: Host['mounts']['mountDisk'] = (device, target, fileSystem) => {
      asked.push(fileSystem.options);
      return host.mounts.mountDisk(device, target, fileSystem);
    };
    subject = createDiskSubject({ ...host, mounts: { ...host.mounts, mountDisk } }, '/folder');
    await subject.stage({ fsType: 'xfs', mountOptions: 'noatime,discard' });
    expect(asked).toEqual([['nouuid', 'noatime', 'discard']]);
  });
  test('is bound read-only for a read-only volume', async () => {
    await writeOnce();
    await subject.stage({ readOnly: 'true' });
    expect((await host.mounts.below('/folder/mnt'))[0]?.options).toContain('ro');
    expect(await read()).toBe('kept');
  });
  test('that was adopted and has its data in another directory is refused, not shown empty', async () => {
    await subject.stage({ rootPath: '/' });
    await host.files.writeText(`${subject.mountpoint}/file`, 'kept', 'replace');
    await subject.unstage();
    await expect(subject.stage()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/has no directory data, and has file: name the directory.*rootPath/),
    });
    await subject.unstage();
    await subject.stage({ rootPath: '/' });
    expect(await read()).toBe('kept');
  });
  test('is not written to if a read-only volume lacks its directory', async () => {
    await subject.stage({ rootPath: '/' });
    await subject.unstage();
    await expect(subject.stage({ readOnly: 'true' })).rejects.toThrow(/no directory data, and is read-only/);
  });
  test('of another volume that takes the name at the last moment is not mounted', async () => {
    await writeOnce();
    const check = state.programs.get('e2fsck');
    state.programs.set('e2fsck', (call) => {
      unplug();
      plugIn(state, disk, { path, serial: otherSerial });
      return check?.(call) ?? failure('none');
    });
    await expect(subject.stage()).rejects.toThrow(/was replaced/);
    await subject.unstage();
    expect(await host.files.list('/folder/mnt')).toEqual(['db']);
  });
  test('that is staged twice is mounted once, and a second unstage succeeds', async () => {
    await subject.stage();
    await subject.stage();
    expect(await host.mounts.below('/folder/mnt')).toHaveLength(1);
    await subject.unstage();
    await subject.unstage();
    expect(await host.mounts.below('/folder/mnt')).toEqual([]);
  });
  test('rule 35: that is removed leaves a dead mount, which is detected', async () => {
    await writeOnce();
    await subject.stage();
    expect(await isDiskGone(host.files, await host.mounts.at(subject.mountpoint))).toBe(false);
    unplug();
    expect(await isDiskGone(host.files, await host.mounts.at(subject.mountpoint))).toBe(true);
  });
});

describe('rule 33: a disk that was enlarged', () => {
  const mayResize = () => host.files.writeText('/proc/self/status', 'CapEff:\t000001ffffffffff\n', 'replace');
  const mayNot = () => host.files.writeText('/proc/self/status', 'CapEff:\t000001fffeffffff\n', 'replace');
  beforeEach(async () => {
    await host.files.makeDirectory('/proc/self');
  });

  async function enlarge(options = {}): Promise<void> {
    await subject.stage(options);
    await subject.unstage();
    disk.size = 2 * gibibyte;
    ran.splice(0);
  }
  const steps = () => ran.filter((call) => /^(e2fsck|resize2fs|xfs_growfs)/.test(call));

  test('grows ext4 once it is mounted, if the kernel allows it', async () => {
    await enlarge();
    await mayResize();
    await subject.stage();
    expect(steps()).toEqual([`e2fsck -p ${path}`, `resize2fs ${path}`]);
  });
  test('without CAP_SYS_RESOURCE, grows ext4 before it is mounted, after the full check that this needs', async () => {
    await enlarge();
    await mayNot();
    await subject.stage();
    expect(steps()).toEqual([`e2fsck -f -p ${path}`, `resize2fs ${path}`, `e2fsck -p ${path}`]);
    await subject.unstage();
    ran.splice(0);
    await subject.stage();
    expect(steps()).toEqual([`e2fsck -p ${path}`]);
  });
  test('grows xfs once it is mounted', async () => {
    await enlarge({ fsType: 'xfs' });
    await subject.stage({ fsType: 'xfs' });
    expect(steps()).toEqual(['xfs_growfs /folder/mnt/.staging-db']);
  });
  test('is mounted as it was if growing fails, and the log says why', async () => {
    await enlarge();
    await mayResize();
    state.programs.set('resize2fs', () => failure('Permission denied to resize filesystem'));
    await subject.stage();
    expect(subject.events).toEqual([
      {
        event: 'disk-not-grown',
        fields: expect.objectContaining({
          volume: 'db',
          error: expect.stringContaining('Permission denied'),
        }),
      },
    ]);
  });
});
