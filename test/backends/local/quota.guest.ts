import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { describeBackend } from '../../contract/backend/contract.ts';
import { type BackendSubject, createSubject } from '../../contract/backend/subject.ts';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';
import { eventually } from '../../lab/eventually.ts';
import { putAsContainer } from '../../lab/guest/put-as-container.ts';
import { localOn, quotaDirectories } from './under-test.ts';

// Runs in a guest with file systems that have project quotas; see test/host/projects/projects-guest.test.ts.

const mebibyte = 1024 ** 2;

for (const fileSystem of ['ext4', 'xfs'] as const) {
  const real = async () => localOn(await linuxHostUnderTest('auto', {}, join('/srv', fileSystem)), {});

  describeBackend(`local directories with a quota on ${fileSystem}`, quotaDirectories, real);

  describe(`a size on ${fileSystem}`, () => {
    let subject: BackendSubject;
    beforeEach(async () => {
      subject = createSubject(quotaDirectories, await real());
    });
    afterEach(() => subject.cleanUp());

    test('limits what containers write, and is changed while they do', async () => {
      const volume = await subject.create('db');
      const mountpoint = await subject.stage(volume);
      const put = async (name: string, bytes: number) => putAsContainer(join(mountpoint, name), bytes);
      const full = { code: fileSystem === 'xfs' ? 'ENOSPC' : 'EDQUOT' };
      await put('one', 6 * mebibyte);
      await expect(put('two', 6 * mebibyte)).rejects.toMatchObject(full);
      const { growth } = subject.backend;
      if (growth.kind === 'none') throw new Error('it grows');
      const grown = await growth.grow(volume, 16 * mebibyte, mountpoint, subject.signal);
      await put('two', 6 * mebibyte);
      await expect(growth.grow(grown, 8 * mebibyte, mountpoint, subject.signal)).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringMatching(/could not be made smaller: 1\d.* are in use, and 8MiB is less/),
      });
      rmSync(join(mountpoint, 'two'));
      // xfs counts what was deleted a moment later.
      const smaller = await eventually('less is in use', () =>
        growth.grow(grown, 8 * mebibyte, mountpoint, subject.signal),
      );
      await expect(put('two', 6 * mebibyte)).rejects.toMatchObject(full);
      await subject.unstage(smaller);
    });
    test('is that of a clone, too', async () => {
      const volume = await subject.create('db');
      const full = { code: fileSystem === 'xfs' ? 'ENOSPC' : 'EDQUOT' };
      const mountpoint = await subject.stage(volume);
      writeFileSync(join(mountpoint, 'one'), Buffer.alloc(5 * mebibyte, 'x'));
      await subject.unstage(volume);
      const { snapshots } = subject.backend;
      if (snapshots.kind === 'none') throw new Error('it has them');
      const source = { kind: 'volume', volume, mountpoint: undefined } as const;
      const clone = await snapshots.clone(subject.plan('copy'), source, subject.signal);
      const place = await subject.stage(clone);
      await expect(async () => putAsContainer(join(place, 'two'), 5 * mebibyte)).rejects.toMatchObject(full);
      await subject.unstage(clone);
    });
  });
}

describe('a file system without project quotas', () => {
  test('has the state off', async () => {
    const host = await createLinuxHost({ systemCalls: 'auto' });
    const folder = mkdtempSync('/tmp/no-quota-');
    expect(await host.projects(folder).state(folder)).toMatchObject({ kind: 'off', fileSystem: 'tmpfs' });
    await host.close();
    rmSync(folder, { recursive: true });
  });
});
