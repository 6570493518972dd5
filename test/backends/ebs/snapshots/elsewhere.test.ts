import { expect, test } from '@jest/globals';
import type { SnapshotCopies } from '../../../../src/backends/offers.ts';
import { parseSnapshotName, parseVolumeName } from '../../../../src/core/names.ts';
import type { Snapshot } from '../../../../src/core/protect/snapshot.ts';
import type { Volume } from '../../../../src/core/volume.ts';
import { createFakeCloud, type FakeCloud } from '../../../fakes/ec2/fake-ec2.ts';
import { type EbsHost, effects, live, openHost } from '../hosts.ts';
import { readOn, snapshotsOn, written } from './under-test.ts';

const region = 'eu-other-1';

function copiesOn(host: EbsHost): SnapshotCopies {
  const { copies } = snapshotsOn(host);
  if (copies.kind === 'none') throw new Error('EBS has copies');
  return copies;
}

const copyOn = (host: EbsHost, snapshot: Snapshot, to = region) => copiesOn(host).copy(snapshot, to, live);

/** A complete snapshot with the text `first`, and an empty second region. */
async function setUp() {
  const cloud = createFakeCloud();
  const other = createFakeCloud([`${region}a`], cloud);
  const host = await openHost(cloud, 'i-a');
  const volume = await written(host, 'db', 'first', { kmsKeyId: 'alias/here', encrypted: 'true' });
  const { progress: _, ...snapshot } = await snapshotsOn(host).take(snapshotOf(volume), undefined, live);
  cloud.looks = 0;
  while ((await snapshotsOn(host).list(volume, live)).some((one) => 'progress' in one));
  return { cloud, other, host, volume, snapshot };
}

function snapshotOf(volume: Volume): Snapshot {
  return {
    name: parseSnapshotName('before'),
    id: '000000000000000a',
    volume,
    createdAt: '2026-01-02T03:04:05.000Z',
    consistency: 'unmounted',
  };
}

const copiesIn = (other: FakeCloud) => [...other.snapshots.values()];

test('rule 36: a copy has the record of its snapshot, and where it was made', async () => {
  const { other, host, snapshot, cloud } = await setUp();
  const copy = await copyOn(host, snapshot);
  const [stored] = cloud.snapshots.values();
  expect(copiesIn(other)).toMatchObject([
    {
      id: copy.id,
      description: `Copied by Holdfast from ${stored?.id} in eu-test-1`,
      tags: {
        Name: 'db@before',
        'holdfast:driver': 'ebs',
        'holdfast:snapshot': 'before',
        'holdfast:copied-from': `eu-test-1/${stored?.id}`,
      },
    },
  ]);
  const there = await openHost(other, 'i-there');
  const [known] = await snapshotsOn(there).list(undefined, live);
  expect(known).toMatchObject({ name: 'before', id: snapshot.id, copiedFrom: 'eu-test-1' });
});

test('a volume is made of the copy in its region, with the data, and without the key of the other region', async () => {
  const { other, host, snapshot } = await setUp();
  await copyOn(host, snapshot);
  const there = await openHost(other, 'i-there');
  const [known] = await snapshotsOn(there).list(undefined, live);
  if (known === undefined || 'unreadable' in known) throw new Error('the copy is not listed');
  const plan = there.backend.plan(parseVolumeName('again'), {}, known.volume.options);
  expect(plan.options).toMatchObject({ size: '1GiB', encrypted: 'true' });
  expect(plan.options).not.toHaveProperty('kmsKeyId');
  const source = { kind: 'snapshot', snapshot: known } as const;
  expect(await readOn(there, await snapshotsOn(there).clone(plan, source, live))).toBe('first');
});

test('a copy is begun once: each further call tells how far it is', async () => {
  const { other, host, snapshot } = await setUp();
  other.looks = 3;
  const seen = [];
  for (let call = 0; call < 5; call++) seen.push((await copyOn(host, snapshot)).progress);
  expect(seen).toEqual([40, 80, 99, undefined, undefined]);
  expect(other.snapshots.size).toBe(1);
});

test('a snapshot that is pending is awaited: EC2 copies only complete ones', async () => {
  const { cloud, other, host, volume } = await setUp();
  cloud.looks = 4;
  const later = { ...snapshotOf(volume), name: parseSnapshotName('later'), id: '000000000000000b' };
  const taken = await snapshotsOn(host).take(later, undefined, live);
  expect(taken.progress).toBe(0);
  await copyOn(host, taken);
  expect(copiesIn(other).map(({ tags }) => tags['holdfast:snapshot'])).toEqual(['later']);
});

test('the source says before the request that a copy was asked for, and stays readable', async () => {
  const notes: unknown[] = [];
  const { cloud, host, snapshot, volume } = await setUp();
  host.restart({
    watch: (when, action) => {
      const [stored] = cloud.snapshots.values();
      if (action === 'CopySnapshot') notes.push(when, stored?.tags[`holdfast-copied-to:${region}`]);
    },
  });
  const { id } = await copyOn(host, snapshot);
  const asked = expect.stringMatching(/^asked \d{4}-/);
  expect(notes).toEqual(['before', asked, 'after', asked]);
  const [stored] = cloud.snapshots.values();
  expect(stored?.tags[`holdfast-copied-to:${region}`]).toBe(id);
  expect(await snapshotsOn(host).list(volume, live)).toEqual([snapshot]);
  expect(host.acts.filter(({ act }) => act === 'copy')).toMatchObject([
    { volume: 'db', evidence: expect.stringContaining(`is copied to ${region} by request`) },
  ]);
});

test('rule 36: killed before or after any request, a copy exists once after the same call again', async () => {
  const count = async () => {
    const { cloud, other, host, snapshot } = await setUp();
    const before = cloud.log.length + other.log.length;
    await copyOn(host, snapshot);
    return cloud.log.length + other.log.length - before;
  };
  const moments = 2 * (await count());
  expect(moments).toBeGreaterThan(8);
  for (let fatal = 0; fatal < moments; fatal++) {
    const { cloud, other, host, snapshot, volume } = await setUp();
    const died = new Promise<void>((resolve) => {
      let moment = 0;
      host.restart({
        watch: () => {
          if (moment++ < fatal) return undefined;
          resolve();
          return new Promise(() => undefined);
        },
      });
    });
    void copyOn(host, snapshot);
    await died;
    host.restart({});
    const { id } = await copyOn(host, snapshot);
    expect(copiesIn(other).map((one) => one.id)).toEqual([id]);
    expect([...cloud.snapshots.values()]).toHaveLength(1);
    expect(await snapshotsOn(host).list(volume, live)).toEqual([snapshot]);
  }
});

test('rule 36: a copy whose answer was lost is awaited in the index of tags, not made again', async () => {
  const { cloud, other, host, snapshot } = await setUp();
  other.loseAnswer('CopySnapshot', new Error('the answer is lost'));
  await expect(copyOn(host, snapshot)).rejects.toThrow('the answer is lost');
  expect(other.snapshots.size).toBe(1);
  const isFresh = () => host.waited() - before > 20_000;
  const before = host.waited();
  host.restart({
    around: async (call, run) => {
      const answer = await run();
      const isSearch =
        call.action === 'DescribeSnapshots' && call.detail.includes('tag:holdfast:snapshot-id');
      return isSearch && !isFresh() ? ([] as typeof answer) : answer;
    },
  });
  const { id } = await copyOn(host, snapshot);
  expect(copiesIn(other).map((one) => one.id)).toEqual([id]);
  expect(isFresh()).toBe(true);
  expect(effects(cloud)).not.toContain('CopySnapshot');
  expect(effects(other)).toEqual(['CopySnapshot']);
});

test('a refused copy can be asked for again at once', async () => {
  const { other, host, snapshot } = await setUp();
  other.limits.copies = 0;
  await expect(copyOn(host, snapshot)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(
      /^Snapshot before of volume db could not be copied to eu-other-1: .*wait until some of them are complete/,
    ),
  });
  other.limits.copies = 20;
  const before = host.waited();
  await copyOn(host, snapshot);
  expect([other.snapshots.size, host.waited()]).toEqual([1, before]);
});

test('a copy that EC2 gave up is deleted and reported, and made again by the next call', async () => {
  const { other, host, snapshot } = await setUp();
  const { id } = await copyOn(host, snapshot);
  for (const one of copiesIn(other))
    Object.assign(one, { state: 'error', says: 'Given key ID is not accessible' });
  const refused = {
    code: 'failed',
    message: expect.stringMatching(/\(Given key ID is not accessible\): check/),
  };
  await expect(copiesOn(host).foresee(snapshot, region, live)).rejects.toMatchObject(refused);
  expect(other.snapshots.size).toBe(1);
  await expect(copyOn(host, snapshot)).rejects.toMatchObject(refused);
  expect(other.snapshots.size).toBe(0);
  expect((await copyOn(host, snapshot)).id).not.toBe(id);
});

test('a copy whose tags were changed is neither used nor made a second time', async () => {
  const { other, host, snapshot } = await setUp();
  await copyOn(host, snapshot);
  for (const one of copiesIn(other)) one.tags = { ...one.tags, 'holdfast:name': 'other' };
  await expect(copyOn(host, snapshot)).rejects.toMatchObject({
    code: 'failed',
    message: expect.stringMatching(/cannot be read .*holdfast:seal does not fit/),
  });
  expect(other.snapshots.size).toBe(1);
});

test("the copy's tags on another snapshot make no copy of it", async () => {
  const { other, host, snapshot } = await setUp();
  const { id } = await copyOn(host, snapshot);
  const [copy] = copiesIn(other);
  if (copy === undefined) throw new Error('there is no copy');
  other.snapshots.set('snap-f', { ...copy, id: 'snap-f', description: 'made in the console' });
  other.snapshots.delete(id);
  const there = await openHost(other, 'i-there');
  expect(await snapshotsOn(there).list(undefined, live)).toMatchObject([
    { name: 'before', unreadable: expect.stringContaining('snap-f') },
  ]);
});

test.each([
  ['eu-test-1', /it is in that region already/],
  ['Frankfurt', /that is not a region: write one such as eu-west-1/],
  ['eu-test-1a', /that is not a region/],
  ['eu-west-1.attacker.example', /that is not a region/],
])('a copy to %s is refused before any change', async (to, message) => {
  const { cloud, other, host, snapshot } = await setUp();
  const before = [effects(cloud), effects(other)];
  const refused = { code: 'invalid', message: expect.stringMatching(message) };
  await expect(copiesOn(host).foresee(snapshot, to, live)).rejects.toMatchObject(refused);
  await expect(copyOn(host, snapshot, to)).rejects.toMatchObject(refused);
  expect([effects(cloud), effects(other)]).toEqual(before);
});

test('a look ahead changes nothing, and finds the copy once it is there', async () => {
  const { cloud, other, host, snapshot } = await setUp();
  const before = effects(cloud).length;
  expect(await copiesOn(host).foresee(snapshot, region, live)).toBeUndefined();
  expect([effects(cloud).length, effects(other)]).toEqual([before, []]);
  const { id } = await copyOn(host, snapshot);
  expect(await copiesOn(host).foresee(snapshot, region, live)).toEqual({ id, place: region });
});
