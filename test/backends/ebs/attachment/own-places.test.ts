import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createFakeCloud } from '../../../fakes/ec2/fake-ec2.ts';
import { diskOf, holdersOf, openHost } from '../hosts.ts';

async function limited(attachLimit: number, foreign: readonly Readonly<Record<string, string>>[] = []) {
  const cloud = createFakeCloud();
  for (const [at, tags] of foreign.entries()) {
    const device = `/dev/sd${String.fromCharCode(97 + at)}`;
    cloud.addVolume({
      tags,
      state: 'in-use',
      attachments: [{ instanceId: 'i-a', device, state: 'attached' }],
    });
  }
  const a = await openHost(cloud, 'i-a', { settings: { attachLimit } });
  return { cloud, a };
}

describe('rule 24: attachLimit', () => {
  test('counts only the volumes of the driver, not the root volume or those of others', async () => {
    const others = [{}, { team: 'web' }, { 'holdfast:driver': 'other', 'holdfast:id': '0000000000000001' }];
    const { cloud, a } = await limited(2, others);
    const [one, two, three] = [await a.create('one'), await a.create('two'), await a.create('three')];
    await a.stage(one);
    await a.stage(two);
    await expect(a.stage(three)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        new RegExp(
          `takes 2 by the driver's attachLimit, and has ${diskOf(cloud, one).id} at /dev/xvdba, ${diskOf(cloud, two).id} at /dev/xvdbb\\.`,
        ),
      ),
    });
    await a.unstage(one);
    await a.stage(three);
  });

  test('is never exceeded, for any number of simultaneous mounts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        async (limit, count) => {
          const { cloud, a } = await limited(limit, [{}]);
          const volumes = [];
          for (let at = 0; at < count; at++) volumes.push(await a.create(`v${at}`));
          const results = await Promise.allSettled(volumes.map((volume) => a.stage(volume)));
          const held = volumes.flatMap((volume) => holdersOf(cloud, volume));
          expect(held).toHaveLength(Math.min(limit, count));
          expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(held.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('does not affect volumes that are already attached', async () => {
    const { a } = await limited(1);
    const volume = await a.create('db');
    await a.stage(volume);
    await a.host.mounts.unmount(a.mountpoint(volume));
    await a.stage(volume);
  });
});
