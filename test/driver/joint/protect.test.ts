import { expect, test } from '@jest/globals';
import { parseSnapshotName } from '../../../src/core/names.ts';
import { openJointRig } from '../../fakes/joint-rig.ts';
import { volume } from '../../fakes/rig.ts';

const before = parseSnapshotName('before');

test('each goes to the member that has the volume', async () => {
  const { joint, gold, shared } = await openJointRig();
  await joint.create(volume('db1'), { size: '16MiB' });
  await joint.create(volume('logs'), {});
  await joint.snapshot(volume('db1'), before);
  await joint.snapshot(volume('logs'), before);
  expect(await gold.driver.listSnapshots()).toHaveLength(1);
  expect(await shared.driver.listSnapshots()).toHaveLength(1);
  expect((await joint.listSnapshots()).map((one) => one.volume)).toEqual(['db1', 'logs']);
  expect(await joint.listSnapshots(volume('logs'))).toHaveLength(1);
  const kept = await joint.rollback(volume('db1'), before);
  expect(await gold.driver.listRemoved()).toEqual([kept]);
  expect((await joint.grow(volume('db1'), '32MiB')).options.size).toBe('32MiB');
  await joint.removeSnapshot(volume('db1'), before);
  expect(await gold.driver.listSnapshots()).toEqual([]);
  await expect(joint.snapshot(volume('ghost'), before)).rejects.toMatchObject({ code: 'not-found' });
});

test('a copy is made in the member of its source, whatever its name', async () => {
  const { joint, gold } = await openJointRig();
  await joint.create(volume('db1'), {});
  await joint.create(volume('copy'), { from: 'db1' });
  expect(await gold.driver.get(volume('copy'))).toBeDefined();
});

test('none is begun while a member that may have the volume is silent', async () => {
  const rig = await openJointRig();
  await rig.joint.create(volume('db1'), {});
  await rig.joint.snapshot(volume('db1'), before);
  rig.silence('shared');
  await expect(rig.joint.rollback(volume('db1'), before)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('or name the driver gold'),
  });
  await rig.gold.driver.rollback(volume('db1'), before);
});
