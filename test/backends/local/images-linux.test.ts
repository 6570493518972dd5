import { spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { errnoOf } from '../../../src/backends/shared/storage-errors.ts';
import type { Volume } from '../../../src/core/volume.ts';
import { snapshotsOf } from '../../contract/backend/snapshots.ts';
import { type BackendSubject, createSubject } from '../../contract/backend/subject.ts';
import type { HostUnderTest } from '../../contract/host/contract.ts';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';
import { eventually } from '../../lab/eventually.ts';
import { describeWith } from '../../lab/requirements.ts';
import { run as runProgram } from '../../lab/run.ts';
import { ext4Images, localOn, xfsImages } from './under-test.ts';

const programs = ['mkfs.ext4', 'mkfs.xfs', 'e2fsck', 'debugfs', 'unshare'];
const mebibyte = 1024 ** 2;

describeWith({ root: true, programs, paths: ['/dev/loop-control'] }, 'an image on this machine', () => {
  let real: HostUnderTest;
  let subject: BackendSubject;
  beforeEach(async () => {
    real = await linuxHostUnderTest('auto');
    subject = createSubject(ext4Images, await localOn(real, {}));
  });
  afterEach(() => subject.cleanUp());

  const imageOf = (volume: Volume): string =>
    join(real.folder, 'volumes/.holdfast/images', `${volume.name}.${volume.id}.img`);
  const bytesOnDisk = (path: string): number => statSync(path).blocks * 512;

  test.each([
    ['ext4', ext4Images.options, 8],
    ['xfs', xfsImages.options, 300],
  ])('of %s uses little space, and accepts no more than its size', async (_, options, mebibytes) => {
    const volume = await subject.create('db', options);
    expect(bytesOnDisk(imageOf(volume))).toBeLessThan(mebibytes * mebibyte * 0.3);
    const mountpoint = await subject.stage(volume);
    const written = fill(join(mountpoint, 'file'), mebibytes * mebibyte * 1.5);
    expect(written).toMatchObject({ code: 'ENOSPC' });
    expect(written.bytes).toBeGreaterThan(mebibytes * mebibyte * 0.5);
    expect(written.bytes).toBeLessThan(mebibytes * mebibyte);
    await subject.unstage(volume);
    await eventually('its loop device is free', async () => (await real.loopsOf(imageOf(volume))) === 0);
  });
  test('after a power failure is repaired by its journal, and has what was synced', async () => {
    const volume = await subject.create('db');
    const mountpoint = await subject.stage(volume);
    await real.host.files.writeText(join(mountpoint, 'file'), 'synced', 'replace');
    // A power failure would leave the image in this state.
    const torn = readFileSync(imageOf(volume));
    await subject.unstage(volume);
    writeFileSync(imageOf(volume), torn);
    expect(await subject.read(volume)).toBe('synced');
  });
  test('marked with errors is repaired before it is mounted', async () => {
    const volume = await subject.create('db');
    await subject.write(volume, 'kept');
    debugfs(imageOf(volume), 'set_super_value state 2');
    expect(await subject.read(volume)).toBe('kept');
    expect(spawnSync('dumpe2fs', ['-h', imageOf(volume)], { encoding: 'utf8' }).stdout).toMatch(
      /state:\s+clean\n/,
    );
  });
  test('with damage that e2fsck does not repair by itself is refused with its words, and left unchanged', async () => {
    const volume = await subject.create('db');
    await subject.write(volume, 'kept');
    debugfs(imageOf(volume), 'clri <2>', 'set_super_value state 2');
    await expect(subject.stage(volume)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/Volume db.*e2fsck says ".*UNEXPECTED INCONSISTENCY.*e2fsck -f/),
    });
    await eventually('its loop device is free', async () => (await real.loopsOf(imageOf(volume))) === 0);
  });
  test('of zeros is refused, never formatted', async () => {
    const volume = await subject.create('db');
    writeFileSync(imageOf(volume), Buffer.alloc(8 * mebibyte));
    await expect(subject.stage(volume)).rejects.toMatchObject({ code: 'failed' });
    expect(readFileSync(imageOf(volume)).every((byte) => byte === 0)).toBe(true);
  });
  test('still mounted in another namespace is shared, and neither checked, copied nor enlarged meanwhile', async () => {
    const volume = await subject.create('db');
    const mountpoint = await subject.stage(volume);
    await real.host.files.writeText(join(mountpoint, 'file'), 'kept', 'replace');
    const release = await real.useElsewhere(mountpoint);
    await subject.unstage(volume);
    expect(await real.loopsOf(imageOf(volume))).toBe(1);
    const { growth } = subject.backend;
    if (growth.kind !== 'grows') throw new Error('It cannot grow.');
    const { snapshots, snapshotOf } = snapshotsOf(subject);
    // Both wait for the device to go.
    const [refused] = await Promise.all([
      growth.grow(volume, 16 * mebibyte, undefined, subject.signal).catch(({ message }) => message),
      expect(snapshots.take(snapshotOf(volume, 'before'), undefined, subject.signal)).rejects.toMatchObject({
        code: 'in-use',
        message: expect.stringMatching(/loop\d+ has its image/),
      }),
    ]);
    const [, way = ''] =
      /^Volume db could not be enlarged: it is not mounted by Holdfast, .*`(grep .*?)`/.exec(refused) ?? [];
    // It cannot read the tables of processes that end meanwhile, and its exit code says so.
    const { stdout, stderr } = await runProgram('sh', ['-c', way]);
    expect([stdout.trim().split('\n').length >= 2, stderr]).toEqual([true, '']);
    const log: string[] = [];
    const { host } = subject.underTest;
    const run: typeof host.programs.run = (program, ...rest) => {
      log.push(program);
      return host.programs.run(program, ...rest);
    };
    const watched = subject.reopen({ host: { ...host, programs: { run } } });
    await watched.stage(volume, mountpoint, subject.signal);
    expect(log).not.toContain('e2fsck');
    expect(await real.host.files.readText(join(mountpoint, 'file'))).toBe('kept');
    expect(await real.loopsOf(imageOf(volume))).toBe(1);
    await release();
  });
  test('read-only is read-only even for root, and its journal changes nothing', async () => {
    const volume = await subject.create('db');
    await subject.write(volume, 'kept');
    const readOnly = { ...volume, options: { ...volume.options, readOnly: 'true' } };
    const mountpoint = await subject.stage(readOnly);
    expect(() => writeFileSync(join(mountpoint, 'file'), 'x')).toThrow(/EROFS/);
    expect(readFileSync(join(mountpoint, 'file'), 'utf8')).toBe('kept');
  });
});

describeWith({ root: true, programs: ['mount', 'mkfs.ext4'] }, 'a small disk', () => {
  let real: HostUnderTest;
  let subject: BackendSubject;
  let disk: string;
  beforeEach(async () => {
    real = await linuxHostUnderTest('auto');
    disk = join(real.folder, 'disk');
    await real.host.files.makeDirectory(disk);
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,nr_inodes=64', 'tmpfs', disk]);
    subject = createSubject(
      ext4Images,
      await localOn(real, { root: join(disk, 'volumes'), requireMount: disk }),
    );
  });
  afterEach(() => subject.cleanUp());

  test('refuses an image that is too large for its file system', async () => {
    await expect(subject.create('db')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/Volume db.*needs 8MiB.*has only \d+MiB free/),
    });
    expect(await subject.names()).toEqual([]);
  });
  test('that is full refuses new volumes with a clear error, keeps the old ones, and accepts new ones once there is space', async () => {
    const directories = createSubject({ ...ext4Images, options: {} }, subject.underTest);
    const volume = await directories.create('db');
    await directories.write(volume, 'kept');
    const filler = join(disk, 'filler');
    expect(fill(filler, 2 * mebibyte)).toMatchObject({ code: 'ENOSPC' });
    const plan = directories.plan('new');
    await expect(directories.backend.create(plan, directories.signal)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^Volume new could not be created: no space is left/),
    });
    await directories.backend.discard(plan, directories.signal);
    expect(await directories.names()).toEqual(['db']);
    expect(await directories.read(volume)).toBe('kept');
    await real.host.files.removeFile(filler);
    await directories.create('new');
    expect(await directories.names()).toEqual(['db', 'new']);
  });
  test('mounted read-only lists and mounts its volumes, and says why it refuses new ones', async () => {
    const directories = createSubject({ ...ext4Images, options: {} }, subject.underTest);
    const volume = await directories.create('db');
    await directories.write(volume, 'kept');
    spawnSync('mount', ['-o', 'remount,ro', disk]);
    for (const refused of [
      directories.create('new'),
      directories.backend.remove(volume, directories.signal),
    ]) {
      await expect(refused).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/^Volume (db|new) could not be .*: the file system is read-only/),
      });
    }
    expect(await directories.names()).toEqual(['db']);
    expect(await directories.read(volume)).toBe('kept');
  });
  test('that is not mounted is not treated as empty', async () => {
    const directories = createSubject({ ...ext4Images, options: {} }, subject.underTest);
    await directories.create('db');
    spawnSync('umount', [disk]);
    await expect(directories.names()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`nothing is mounted at ${disk}`),
    });
    await expect(directories.create('new')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await real.host.files.list(disk)).toEqual([]);
  });
});

/** Writes until it is refused. */
function fill(path: string, most: number): { readonly bytes: number; readonly code: string | undefined } {
  const file = openSync(path, 'w');
  const block = Buffer.alloc(64 * 1024, 1);
  let bytes = 0;
  try {
    while (bytes < most) bytes += writeSync(file, block);
    fsyncSync(file);
    return { bytes, code: undefined };
  } catch (error) {
    return { bytes, code: errnoOf(error) };
  } finally {
    closeSync(file);
  }
}

function debugfs(image: string, ...requests: readonly string[]): void {
  for (const request of requests) {
    const { status, stderr } = spawnSync('debugfs', ['-w', '-R', request, image], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
}
