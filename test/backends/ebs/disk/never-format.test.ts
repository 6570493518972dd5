import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { HostUnderTest } from '../../../contract/host/contract.ts';
import { linuxHostUnderTest } from '../../../host/linux-host-under-test.ts';
import { attachLoopDisk, type LoopDisk } from '../../../lab/loop/disk.ts';
import { describeWith } from '../../../lab/requirements.ts';
import { foreignDisks, foreignPrograms } from './foreign-disks.ts';
import { createDiskSubject, type DiskSubject } from './under-test.ts';

const paths = ['/dev/loop-control'];

/** Rules 29 and 30, with the real tools. The tag says that the disk is blank. */
describeWith({ root: true, programs: foreignPrograms, paths }, 'a disk is never formatted that has', () => {
  let real: HostUnderTest;
  let subject: DiskSubject;
  let disk: LoopDisk | undefined;
  beforeEach(async () => {
    real = await linuxHostUnderTest('auto');
    const folders = { devices: '/dev', system: `${real.folder}/sys` };
    subject = createDiskSubject(real.host, real.folder, folders);
  });
  afterEach(async () => {
    await subject.unstage();
    disk?.detach();
    await real.cleanUp();
  });

  test.each(foreignDisks)('rule 29: $name', async ({ mebibytes, fsType = 'ext4', make, evidence }) => {
    disk = attachLoopDisk(`${real.folder}/disk`, mebibytes * 1024 ** 2);
    await make(disk);
    const before = sumOf(disk);
    const staged = subject.stage({ fsType }, { requested: disk.device });
    const error: unknown = await staged.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: expect.stringMatching(/conflict|unavailable/),
      message: expect.stringMatching(evidence),
    });
    // None of these disks has a file system of ours of another type, so the error must not blame the option.
    expect(String(error)).not.toMatch(/option fsType/);
    expect(subject.acts).toEqual([]);
    expect(subject.isBlank).toBe(true);
    expect(await real.host.mounts.below(real.folder)).toEqual([]);
    expect(sumOf(disk)).toBe(before);
  });
});

function sumOf({ file }: LoopDisk): number {
  return crc32(readFileSync(file));
}
