import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { HostUnderTest } from '../contract/host/contract.ts';
import { id, openRig, present, volume } from '../fakes/rig.ts';
import { linuxHostUnderTest } from '../host/linux-host-under-test.ts';
import { describeWith } from '../lab/requirements.ts';

const db = volume('db');
const requirement = { root: true, programs: ['mkfs.ext4'], paths: ['/dev/loop-control'] } as const;

describeWith(requirement, 'a file system of its own on this machine', () => {
  let real: HostUnderTest;
  beforeEach(async () => {
    real = await linuxHostUnderTest('auto');
  });
  afterEach(() => real.cleanUp());

  test('is reported at 80, 90 and 100 per cent as it fills up, and not earlier', async () => {
    let passed = 0;
    const host = { ...real.host, now: () => real.host.now() + passed };
    // The holder has no container; it must not be reaped when the clock is advanced.
    const rig = await openRig({ host, base: real.folder, timings: { grace: 604_800_000 } });
    await rig.driver.create(db, { size: '32MiB' });
    const { mountpoint } = await rig.driver.mount(db, id('a'), present);
    const measured = async () => {
      passed += 3_600_000;
      await rig.driver.measure();
      return (await rig.driver.get(db))?.usage;
    };
    const told = () =>
      rig.events.flatMap(({ event, fields }) =>
        event === 'nearly-full' && fields.volume === 'db' ? [fields.reached] : [],
      );
    const size = (await measured())?.sizeBytes ?? 0;
    expect(size).toBeGreaterThan(16 << 20);
    for (const [percent, expected] of [
      [70, []],
      [85, [80]],
      [93, [80, 90]],
      [200, [80, 90, 100]],
    ] as const) {
      const used = (await measured())?.usedBytes ?? 0;
      append(join(mountpoint, 'file'), Math.floor((size * percent) / 100) - used);
      await measured();
      expect([percent, told()]).toEqual([percent, expected]);
    }
    await rig.driver.unmount(db, id('a'));
    await rig.driver.release();
    await rig.driver.close();
  });
});

/** Appends as much as fits. */
function append(path: string, bytes: number): void {
  const file = openSync(path, 'as');
  const piece = Buffer.alloc(64 * 1024, 'x');
  try {
    for (let left = bytes; left > 0; ) left -= writeSync(file, piece, 0, Math.min(left, piece.length));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(file);
  }
}
