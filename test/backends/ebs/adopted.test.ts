import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseVolumeName } from '../../../src/core/names.ts';
import type { Options } from '../../../src/core/volume.ts';
import { createFakeCloud, type FakeCloud } from '../../fakes/ec2/fake-ec2.ts';
import { onInstance } from '../../fakes/ec2/instance.ts';
import { openRig } from '../../fakes/rig.ts';
import { live, openHost } from './hosts.ts';

const name = parseVolumeName('db');
const key = 'arn:aws:kms:eu-test-1:123456789012:key/0123';

/** A complete driver, and an EBS volume that somebody else created. */
async function withForeign() {
  const cloud = createFakeCloud();
  const disk = cloud.addVolume({
    sizeGiB: 100,
    type: 'gp3',
    iops: 4000,
    throughput: 250,
    encrypted: true,
    kmsKeyId: key,
    tags: { Name: 'of REX-Ray' },
  });
  const { state, definition } = onInstance({ cloud });
  const { driver } = await openRig({ state, definition });
  return { cloud, disk, driver };
}

const refused = (message: RegExp) => ({ code: 'conflict', message: expect.stringMatching(message) });

/** Each option with a value that matches the EBS volume above, and one that does not. */
const figures: readonly (readonly [string, string, string])[] = [
  ['size', '100', '50'],
  ['volumetype', 'GP3', 'gp2'],
  ['iops', '4000', '3000'],
  ['throughput', '250', '125'],
  ['encrypted', 'true', 'false'],
  ['kmsKeyId', key, 'alias/other'],
  ['availabilityZone', 'eu-test-1a', 'eu-test-1b'],
];

describe('an adopted volume', () => {
  test('fits a request by Marathon with size, type and IOPS of the real disk', async () => {
    const { driver, disk } = await withForeign();
    await driver.create(name, { volumeId: disk.id });
    const marathon = {
      size: '100',
      iops: '4000',
      volumetype: 'gp3',
      newfstype: 'ext4',
      overwritefs: 'false',
    };
    await driver.create(name, marathon);
    await expect(driver.create(name, { ...marathon, size: '200' })).rejects.toMatchObject(
      refused(/with other options: size is "100GiB", not "200GiB"\. /),
    );
    await expect(driver.create(name, { ...marathon, newfstype: 'xfs' })).rejects.toMatchObject(
      refused(/fsType is "ext4", not "xfs"/),
    );
    await expect(driver.create(name, { volumeId: 'vol-0123456789abcdef0' })).rejects.toMatchObject(
      refused(/volumeId is "vol-\w+", not "vol-0123456789abcdef0"/),
    );
    await driver.close();
  });

  test('is compared with the disk as it is now, even after ModifyVolume', async () => {
    const { driver, disk } = await withForeign();
    await driver.create(name, { volumeId: disk.id });
    Object.assign(disk, { sizeGiB: 200 });
    await driver.create(name, { size: '200' });
    await expect(driver.create(name, { size: '100' })).rejects.toMatchObject(
      refused(/size is "200GiB", not "100GiB"/),
    );
    await driver.close();
  });

  test('accepts options that equal the disk, and an error names both values of others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('absent', 'equal', 'different'), { minLength: 7, maxLength: 7 }),
        async (kinds) => {
          const asked = figures.flatMap(([option, equal, different], at) =>
            kinds[at] === 'absent' ? [] : [[option, kinds[at] === 'equal' ? equal : different]],
          );
          const { driver, disk, cloud } = await withForeign();
          const creating = driver.create(name, { ...Object.fromEntries(asked), volumeId: disk.id });
          if (kinds.includes('different')) {
            await expect(creating).rejects.toMatchObject(
              refused(/differs from the options: \w+ is \S+, but the option says \S+/),
            );
            expect(Object.keys(cloud.volumes.get(disk.id)?.tags ?? {})).toEqual(['Name']);
          } else await creating;
          await driver.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each(figures)(
    'accepts a later Create with %s=%s; for %s the error names both values',
    async (option, equal, different) => {
      const { driver, disk } = await withForeign();
      await driver.create(name, { volumeId: disk.id });
      // A new volume with 250 MiB/s or 4000 IOPS must be larger than the default.
      const fit: Options = ['iops', 'throughput'].includes(option) ? { size: '100', iops: '4000' } : {};
      await driver.create(name, { ...fit, [option]: equal });
      await expect(driver.create(name, { ...fit, [option]: different })).rejects.toMatchObject(
        refused(/with other options: \w+ is "\S+", not "\S+"\. /),
      );
      await driver.close();
    },
  );

  test('is not adopted with another size: the error names both, and no tag is set', async () => {
    const { driver, disk } = await withForeign();
    await expect(driver.create(name, { volumeId: disk.id, size: '50', iops: '4000' })).rejects.toMatchObject(
      refused(
        new RegExp(
          `^Volume db could not be created: ${disk.id} differs from the options: size is 100GiB, but the option says 50GiB\\.`,
        ),
      ),
    );
    expect(disk.tags).toEqual({ Name: 'of REX-Ray' });
    await driver.create(name, { volumeId: disk.id, size: '100GiB' });
    await driver.create(name, { volumeId: disk.id, size: '100GiB' });
    await driver.close();
  });
});

describe('an adopted volume that was removed', () => {
  async function removed() {
    const cloud: FakeCloud = createFakeCloud();
    const disk = cloud.addVolume({ tags: { Name: 'old' } });
    const a = await openHost(cloud, 'i-a');
    const adopt = (as: string) =>
      a.backend.create(a.backend.plan(parseVolumeName(as), { volumeId: disk.id }), live);
    const adopted = await adopt('db');
    await a.backend.remove(adopted, live);
    return { cloud, disk, a, adopt, adopted };
  }

  test.each(['db', 'other'])(
    'and is adopted again as %s: the error says that it is in the trash, and how to bring it back',
    async (as) => {
      const { disk, a, adopt, adopted } = await removed();
      const tags = { ...disk.tags };
      await expect(adopt(as)).rejects.toMatchObject({
        ...refused(
          new RegExp(
            `^Volume ${as} could not be created: ${disk.id} is in the trash: it was volume db of driver ebs, `,
          ),
        ),
        waysOut: [
          { act: 'undelete', volume: 'db', driver: 'ebs', id: adopted.id },
          `remove all tags that begin with holdfast: from ${disk.id}, to have it under another name or with other options`,
        ],
      });
      expect(disk.tags).toEqual(tags);
      const [one] = await a.backend.listRemoved(live);
      if (one !== undefined) await a.backend.undelete(one, live);
      expect(await a.backend.lookup(name, live)).toMatchObject({ id: adopted.id });
    },
  );

  test('can be adopted with other options once its tags are deleted, as the message says', async () => {
    const { disk, adopt } = await removed();
    disk.tags = Object.fromEntries(Object.entries(disk.tags).filter(([tag]) => !tag.startsWith('holdfast:')));
    expect((await adopt('other')).name).toBe('other');
  });

  test('cannot be adopted under a second name: the error names the first', async () => {
    const cloud = createFakeCloud();
    const disk = cloud.addVolume();
    const a = await openHost(cloud, 'i-a');
    await a.backend.create(a.backend.plan(name, { volumeId: disk.id }), live);
    const again = a.backend.create(a.backend.plan(parseVolumeName('other'), { volumeId: disk.id }), live);
    await expect(again).rejects.toMatchObject(refused(/is volume db of driver ebs: use that one\.$/));
  });
});
