import { expect, test } from '@jest/globals';
import {
  type Options,
  optionsDifference,
  requireReadable,
  type Volume,
} from '../../../../src/core/volume.ts';
import { createFakeCloud } from '../../../fakes/ec2/fake-ec2.ts';
import { diskOf, type EbsHost, live, openHost } from '../hosts.ts';
import { readOn, written } from '../snapshots/under-test.ts';

async function setUp(options: Options = {}, onPause?: () => void) {
  const cloud = createFakeCloud();
  const host = await openHost(cloud, 'i-a', onPause === undefined ? {} : { onPause });
  const volume = await written(host, 'db', 'first', options);
  const requests = () => cloud.log.filter((entry) => entry.startsWith('ModifyVolume'));
  return { cloud, host, volume, requests };
}

function modificationsOn({ backend: { modifications } }: EbsHost) {
  if (modifications.kind === 'none') throw new Error('EBS has them');
  return modifications;
}

/** What is refused was foreseen, in the same words; what is done was foreseen. */
async function modify(host: EbsHost, volume: Volume, wanted: Options, mountpoint?: string): Promise<Volume> {
  const modifications = modificationsOn(host);
  const foreseen = await modifications.foresee(volume, wanted, live).catch((error: unknown) => error);
  const work = modifications.modify(volume, wanted, mountpoint, live);
  if (foreseen instanceof Error) await expect(work).rejects.toEqual(foreseen);
  else await work.then((modified) => expect(modified).toEqual(foreseen));
  return work;
}

/** Each look brings EC2's change a step on. */
async function completed(host: EbsHost, volume: Volume): Promise<void> {
  for (let look = 0; look < 6; look++)
    await modificationsOn(host)
      .foresee(volume, { size: '999' }, live)
      .catch(() => undefined);
}

test('size, type, IOPS and throughput are one request, recorded for every host; a mounted file system grows', async () => {
  const { cloud, host, volume, requests } = await setUp({ type: 'gp2' });
  await host.stage(volume);
  const wanted = { size: '8', type: 'gp3', iops: '4000', throughput: '500' };
  const modified = await modify(host, volume, wanted, host.mountpoint(volume));
  expect(requests()).toHaveLength(1);
  expect(diskOf(cloud, volume)).toMatchObject({ sizeGiB: 8, type: 'gp3', iops: 4000, throughput: 500 });
  expect(modified).toEqual({ ...volume, options: { ...volume.options, ...wanted, size: '8GiB' } });
  expect(host.events).toContain('disk-grown');
  const b = await openHost(cloud, 'i-b');
  expect(requireReadable((await b.backend.lookup(volume.name, live)) ?? volume)).toEqual(modified);
  expect(host.acts.at(-1)).toMatchObject({
    act: 'modify',
    evidence: expect.stringContaining('from 1GiB to 8GiB, type from gp2 to gp3, IOPS from none to 4000'),
  });
  await host.unstage(volume);
  expect(await readOn(b, modified)).toBe('first');
});

test('the same change sends no second request, and a repeated create finds the volume', async () => {
  const { host, volume, requests } = await setUp({ type: 'gp2' });
  const modified = await modify(host, volume, { type: 'gp3' });
  expect(await modify(host, modified, { type: 'gp3' })).toEqual(modified);
  expect(requests()).toHaveLength(1);
  expect(optionsDifference(modified, volume)).toBeUndefined();
});

test('another type leaves out what it does not have, and takes its usual values', async () => {
  const { cloud, host, volume } = await setUp({ iops: '5000', throughput: '400', size: '100' });
  const slow = await modify(host, volume, { type: 'gp2' });
  expect(slow.options).not.toHaveProperty('iops');
  expect(diskOf(cloud, volume)).not.toHaveProperty('throughput');
  await completed(host, slow);
  const fast = await modify(host, slow, { type: 'io2' });
  expect(fast.options.iops).toBe('3000');
});

test.each<[Options, RegExp]>([
  [{ size: '512MiB' }, /is not a whole number of GiB/],
  [{ type: 'gp2', iops: '4000' }, /iops cannot be combined with type=gp2/],
  [{ iops: '90000' }, /from 3000 to \d+ , not 90000|from 3000 to \d+, not 90000/],
  [{ type: 'gp9' }, /gp9/],
  [{ uid: '7' }, /"uid" cannot be changed, only size, type, iops, throughput: clone the volume/],
  [{ tpye: 'gp3' }, /type/],
  [{}, /say what is to change/],
])('%j is refused, and nothing is requested', async (wanted, words) => {
  const { host, volume, requests } = await setUp();
  await expect(modify(host, volume, wanted)).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(words),
  });
  expect(requests()).toEqual([]);
});

test('a smaller size is refused with both', async () => {
  const { host, volume } = await setUp({ size: '8' });
  await expect(modify(host, volume, { size: '4' })).rejects.toMatchObject({
    code: 'invalid',
    message:
      'Volume db could not be changed: it has 8GiB, and 4GiB is less. A volume is never made smaller: make a new one, and copy.',
  });
});

test('a Multi-Attach volume is refused', async () => {
  const { cloud, host, volume } = await setUp();
  diskOf(cloud, volume).isMultiAttach = true;
  await expect(modify(host, volume, { iops: '4000' })).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('turn Multi-Attach off'),
  });
});

test('while EC2 makes a change, the same one continues, and another is refused with the time of its start', async () => {
  const caller = new AbortController();
  let disk: ReturnType<typeof diskOf> | undefined;
  const { cloud, host, volume, requests } = await setUp({}, () => {
    if (disk?.modification) caller.abort();
  });
  disk = diskOf(cloud, volume);
  disk.isModificationStuck = true;
  const slow = modificationsOn(host).modify(volume, { size: '2' }, undefined, caller.signal);
  await expect(slow).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('repeat') });
  await expect(modify(host, volume, { size: '3' })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(
      /began at 2026-01-01T00:00:00Z \(modifying, 0 %\)\. Retry when vol-\w+ is changed completely/,
    ),
  });
  delete disk.isModificationStuck;
  expect((await modify(host, volume, { size: '2' })).options.size).toBe('2GiB');
  expect(requests()).toHaveLength(1);
});

test('too many changes are a sentence with the time of the next one', async () => {
  const { cloud, host, volume } = await setUp();
  let now = volume;
  for (const size of ['2', '3', '4', '5']) {
    now = await modify(host, now, { size });
    await completed(host, now);
    cloud.time.now += 3_600_000;
  }
  const refused = modificationsOn(host).modify(now, { size: '6' }, undefined, live);
  await expect(refused).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(
      /^Volume db could not be changed: .*four times in 24 hours.*VolumeModificationRateExceeded.* began at 2026-01-01T03:00:00Z: retry after 2026-01-01T09:00:00Z, or at the latest after 2026-01-02T03:00:00Z\.$/,
    ),
  });
  cloud.time.now += 21 * 3_600_000;
  expect((await modify(host, now, { size: '6' })).options.size).toBe('6GiB');
});

test('a change that EC2 gives up is said in its words, and the record stays', async () => {
  let disk: ReturnType<typeof diskOf> | undefined;
  const { cloud, host, volume } = await setUp({}, () => {
    if (disk?.modification)
      disk.modification = { ...disk.modification, state: 'failed', says: 'transient fault' };
  });
  disk = diskOf(cloud, volume);
  disk.isModificationStuck = true;
  const work = modificationsOn(host).modify(volume, { size: '2' }, undefined, live);
  await expect(work).rejects.toMatchObject({
    code: 'failed',
    message: expect.stringContaining('"transient fault"'),
  });
  expect(requireReadable((await host.backend.lookup(volume.name, live)) ?? volume)).toEqual(volume);
});

test('a change of an EBS volume that somebody deletes meanwhile ends', async () => {
  let isChanging = false;
  let pauses = 0;
  const given = new AbortController();
  const { cloud, host, volume } = await setUp({}, () => {
    if (isChanging) cloud.volumes.clear();
    if (isChanging && ++pauses > 50) given.abort();
  });
  diskOf(cloud, volume).isModificationStuck = true;
  isChanging = true;
  const work = modificationsOn(host).modify(volume, { size: '2' }, undefined, given.signal);
  await expect(work).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('somebody deleted vol-'),
  });
});
