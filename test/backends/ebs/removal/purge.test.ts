import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Volume } from '../../../../src/core/volume.ts';
import { type BackendSubject, createSubject } from '../../../contract/backend/subject.ts';
import { createFakeEc2 } from '../../../fakes/ec2/fake-ec2.ts';
import { type EbsUnderTest, ebsDisks, ebsOnFakeHost } from '../under-test.ts';

const day = 24 * 3_600_000;
const purgeAfter = 'holdfast:purge-after';
let on: EbsUnderTest;
let subject: BackendSubject;
beforeEach(async () => {
  on = await ebsOnFakeHost();
  subject = createSubject(ebsDisks, on);
});
const disks = () =>
  createFakeEc2(on.cloud).findVolumes(
    { 'tag:holdfast:driver': ['ebs'], status: ['available'] },
    subject.signal,
  );
const tag = async (tags: Readonly<Record<string, string>>) => {
  const ids = (await disks()).map(({ id }) => id);
  await createFakeEc2(on.cloud).setTags(ids, tags, subject.signal);
};
const removed = async (): Promise<Volume> => {
  const volume = await subject.create('db');
  await subject.backend.remove(volume, subject.signal);
  return volume;
};
const purge = async () => (await subject.backend.purge(subject.signal)).map(({ volume }) => volume.name);

describe('the purge of EBS volumes', () => {
  test.each([400 * day, -400 * day])('deletes nothing early if a clock is wrong by %i ms', async (error) => {
    await removed();
    subject.misset(error);
    expect(await purge()).toEqual([]);
    expect(await purge()).toEqual([]);
    expect(subject.events.includes('purge-held')).toBe(error > 0);
    expect(await disks()).toHaveLength(1);
    subject.misset(0);
    subject.advance(day);
    expect(await purge()).toEqual(['db']);
  });
  test('skips a removal whose tags were changed, and says so', async () => {
    await removed();
    const [disk] = await disks();
    const written = disk?.tags[purgeAfter] ?? '';
    await tag({ [purgeAfter]: written.replace('2026', '2022') });
    subject.advance(2 * day);
    expect(await purge()).toEqual([]);
    expect(subject.events).toContain('record-unreadable');
    expect(await subject.names()).toEqual([]);
    await tag({ [purgeAfter]: written, 'holdfast:removed': '2022-01-01T00:00:00.000Z' });
    expect(await purge()).toEqual([]);
    expect(await disks()).toHaveLength(1);
  });
  test('keeps what an earlier version removed for the whole retention from the first sight', async () => {
    await removed();
    await tag({ [purgeAfter]: '2022-01-02T00:00:00.000Z' });
    expect(await purge()).toEqual([]);
    expect(subject.events).toContain('purge-held');
    subject.advance(day - 1000);
    expect(await purge()).toEqual([]);
    expect((await subject.removed()).map(({ volume }) => volume.name)).toEqual(['db']);
    subject.advance(2000);
    expect(await purge()).toEqual(['db']);
  });
  test('keeps the name of a volume that lost its state tag, but not of a removed one', async () => {
    const volume = await subject.create('db');
    await tag({ 'holdfast:state': 'prezent' });
    expect(await subject.backend.list(subject.signal)).toEqual([
      { name: 'db', unreadable: expect.stringMatching(/holdfast:state.*neither/) },
    ]);
    await tag({ 'holdfast:state': 'present' });
    await subject.backend.remove(volume, subject.signal);
    await tag({ 'holdfast:kept': '?' });
    expect(await subject.names()).toEqual([]);
    expect(await subject.backend.lookup(volume.name, subject.signal)).toBeUndefined();
  });
});
