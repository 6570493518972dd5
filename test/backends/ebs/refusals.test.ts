import { expect, test } from '@jest/globals';
import { Ec2Error } from '../../../src/backends/ebs/ec2/ec2.ts';
import { createFakeCloud } from '../../fakes/ec2/fake-ec2.ts';
import { diskOf, live, openHost } from './hosts.ts';

test('a refusal by EC2 says what happened, in EC2’s words, and the way out', async () => {
  const cloud = createFakeCloud();
  const host = await openHost(cloud, 'i-a', {});
  const volume = await host.create('db');
  const refusal = new Ec2Error('CreateTags', 'UnauthorizedOperation', 'You are not authorized');
  cloud.failNext('CreateTags', refusal);
  await expect(host.backend.remove(volume, live)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^Volume db could not be removed: .*UnauthorizedOperation: You are not/),
  });
  expect(diskOf(cloud, volume).state).toBe('available');
});

test('a final snapshot has the tags of the settings, and is made before the deletion', async () => {
  const cloud = createFakeCloud();
  const settings = { onRemove: 'delete', finalSnapshot: true, tags: { costs: 'team-a' } };
  const host = await openHost(cloud, 'i-a', { settings });
  const volume = await host.create('db');
  const disk = diskOf(cloud, volume).id;
  await host.backend.remove(volume, live);
  const [snapshot] = [...cloud.snapshots.values()];
  expect(snapshot?.volumeId).toBe(disk);
  expect(snapshot?.tags).toMatchObject({ Name: 'db', costs: 'team-a', 'holdfast:final-snapshot': disk });
  // The first one finds it still pending.
  for (let round = 0; round < 2; round++) await host.backend.purge(live);
  expect(cloud.volumes.has(disk)).toBe(false);
});
