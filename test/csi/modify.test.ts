import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Options } from '../../src/core/volume.ts';
import { mountable, refusal } from '../fakes/csi-client.ts';
import { type CsiRig, openCsiRig } from '../fakes/csi-rig.ts';
import { createFakeDriver } from '../fakes/fake-driver.ts';
import { volume } from '../fakes/rig.ts';

let rig: CsiRig;
let asked: Options[];
let driver: ReturnType<typeof createFakeDriver>;
beforeEach(async () => {
  asked = [];
  driver = createFakeDriver('ebs');
  const disks = {
    ...driver,
    capabilities: { scope: 'global', sharing: 'one-host' } as const,
    async modify(name: ReturnType<typeof volume>, options: Options) {
      asked.push(options);
      return driver.modify(name, options);
    },
  };
  rig = await openCsiRig({}, { driver: () => disks });
  await rig.client.call('CreateVolume', { name: 'db', volume_capabilities: [mountable] });
});
afterEach(() => rig.close());

const modify = (mutable_parameters: Options, volume_id = 'db') =>
  rig.client.call('ControllerModifyVolume', { volume_id, mutable_parameters });

test('a volume gets other options, and what is about the claim is left out', async () => {
  await modify({ type: 'io2', iops: '4000', 'csi.storage.k8s.io/pvc/name': 'claim' });
  expect(asked).toEqual([{ type: 'io2', iops: '4000' }]);
  expect(await refusal(modify({}))).toBe('OK');
  expect(asked).toHaveLength(1);
});

test('what is not there, or is another call, is refused', async () => {
  expect(await refusal(modify({ type: 'io2' }, 'x'))).toContain('NOT_FOUND');
  expect(await refusal(modify({ type: 'io2' }, ''))).toContain('INVALID_ARGUMENT: The volume ID');
  expect(await refusal(modify({ Size: '20GiB' }))).toContain(
    'INVALID_ARGUMENT: Volume db is not enlarged by',
  );
  expect(asked).toEqual([]);
});

test('CreateVolume takes mutable parameters before the others', async () => {
  await rig.client.call('CreateVolume', {
    name: 'fast',
    volume_capabilities: [mountable],
    parameters: { type: 'gp3', mode: '0700' },
    mutable_parameters: { type: 'io2' },
  });
  expect((await driver.get(volume('fast')))?.volume).toMatchObject({ given: { type: 'io2', mode: '0700' } });
});
