import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Disk, Ec2, WantedDisk } from '../../src/backends/ebs/ec2/ec2.ts';

/** An account with three running instances, two of them in one zone. */
export interface Ec2UnderTest {
  /** One more client of the same account. */
  connect(): Promise<Ec2>;
  readonly zone: string;
  /** Instances in `zone`. */
  readonly a: string;
  readonly b: string;
  /** An instance in another zone. */
  readonly far: string;
  /** The region of `connect`. */
  readonly region: string;
  /** A client of the same account in another region. */
  connectElsewhere(): Promise<Ec2>;
  /** How many copies of snapshots may be under way to a region. */
  limitCopies(most: number): void;
  /** Allows only the KMS keys with these names and AWS's own. `refusal`: the fate of a volume with another key. */
  allowKeys(keys: readonly string[], refusal: 'gone' | 'error'): Promise<void>;
  cleanUp(): Promise<void>;
}

const signal = AbortSignal.timeout(600_000);
// Each parallel call adds a listener.
setMaxListeners(0, signal);

/** What the backend relies on, of the client over the real SDK and of the fake. */
export function ec2Contract(name: string, setUp: () => Promise<Ec2UnderTest>): void {
  describe(`EC2: ${name}`, () => {
    let subject: Ec2UnderTest;
    let ec2: Ec2;
    const device = '/dev/xvdba';
    const wanted = (more: Partial<WantedDisk> = {}): WantedDisk => ({
      zone: subject.zone,
      sizeGiB: 1,
      type: 'gp3',
      tags: { Name: 'db', 'holdfast:name': 'db' },
      ...more,
    });
    const make = async (token = 'token', more: Partial<WantedDisk> = {}) => {
      const { id } = await ec2.createVolume(wanted(more), token, signal);
      return until(id, ({ state }) => state === 'available');
    };
    const until = async (id: string, fits: (disk: Disk) => boolean): Promise<Disk> => {
      for (;;) {
        const disk = await ec2.volume(id, signal);
        if (disk && fits(disk)) return disk;
        signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const attached = async (id: string, instanceId = subject.a, name = device) => {
      await ec2.attach(id, instanceId, name, signal);
      return until(id, ({ attachments }) => attachments[0]?.state === 'attached');
    };
    const refusal = (code: string, action: string) =>
      expect.objectContaining({ name: 'Ec2Error', code, action });

    beforeEach(async () => {
      subject = await setUp();
      ec2 = await subject.connect();
    });
    afterEach(() => subject.cleanUp());

    describe('a volume', () => {
      test('is created as requested, with its tags', async () => {
        const disk = await make('t', { sizeGiB: 8, iops: 4000, throughput: 200, encrypted: true });
        expect(disk).toMatchObject({ sizeGiB: 8, type: 'gp3', iops: 4000, throughput: 200, encrypted: true });
        expect(disk).toMatchObject({ zone: subject.zone, attachments: [] });
        expect(disk.tags).toEqual({ Name: 'db', 'holdfast:name': 'db' });
        expect(disk).not.toHaveProperty('isMultiAttach');
      });
      test('is the same for the same token and request, also for another client', async () => {
        const first = await make('t');
        const again = await (await subject.connect()).createVolume(wanted(), 't', signal);
        expect(again.id).toBe(first.id);
        expect(await ec2.findVolumes({ 'tag:holdfast:name': ['db'] }, signal)).toHaveLength(1);
      });
      test('is refused for the same token with another request, even after the first one was deleted', async () => {
        const first = await make('t');
        const larger = () => ec2.createVolume(wanted({ sizeGiB: 2 }), 't', signal);
        await expect(larger()).rejects.toEqual(refusal('IdempotentParameterMismatch', 'CreateVolume'));
        await ec2.deleteVolume(first.id, signal);
        await expect(larger()).rejects.toEqual(refusal('IdempotentParameterMismatch', 'CreateVolume'));
        const { id } = await ec2.createVolume(wanted({ sizeGiB: 2 }), 't-2', signal);
        expect(id).not.toBe(first.id);
      });
      test.each(['gone', 'error'] as const)(
        'is created with an inaccessible KMS key, and shortly afterwards is %s',
        async (refused) => {
          await subject.allowKeys(['alias/ours'], refused);
          const encrypted = true;
          expect(await make('t', { encrypted, kmsKeyId: 'alias/ours' })).toMatchObject({ encrypted });
          expect(await make('u', { encrypted })).toMatchObject({ encrypted });
          const other = wanted({ encrypted, kmsKeyId: 'alias/none' });
          const { id, state } = await ec2.createVolume(other, 'v', signal);
          expect(state).toBe('creating');
          const ended = async () => {
            const disk = await ec2.volume(id, signal);
            return disk?.state === 'creating' ? undefined : (disk?.state ?? 'gone');
          };
          while ((await ended()) === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
          expect(await ended()).toBe(refused);
        },
      );
      test('is refused without a size and a snapshot', async () => {
        const { sizeGiB: _, ...unsized } = wanted();
        await expect(ec2.createVolume(unsized, 't', signal)).rejects.toEqual(
          refusal('MissingParameter', 'CreateVolume'),
        );
      });
      test('that does not exist is undefined, and look-ups of others succeed', async () => {
        const { id } = await make();
        const all = [id, 'vol-0000000000000dead', id, 'vol-0000000000000beef'];
        const found = await Promise.all(all.map((one) => ec2.volume(one, signal)));
        expect(found.map((disk) => disk?.id)).toEqual([id, undefined, id, undefined]);
      });
      test('can be deleted repeatedly', async () => {
        const { id } = await make();
        await ec2.deleteVolume(id, signal);
        await ec2.deleteVolume(id, signal);
        await ec2.deleteVolume('vol-0000000000000dead', signal);
        const left = await ec2.volume(id, signal);
        expect(['deleting', 'deleted', undefined]).toContain(left?.state);
      });
      test('cannot be deleted while it is attached', async () => {
        const { id } = await attached((await make()).id);
        await expect(ec2.deleteVolume(id, signal)).rejects.toEqual(refusal('VolumeInUse', 'DeleteVolume'));
      });
    });

    describe('filters', () => {
      test('find a volume by the value of a tag, also with several requests at once', async () => {
        for (const [token, name] of Object.entries({ t1: 'db', t2: 'a*', t3: 'ab' }))
          await make(token, { tags: { name, team: 'blue' } });
        const blue = { 'tag:team': ['blue'], status: ['available'] };
        const found = await Promise.all(
          ['db', 'a*', 'none'].map((value) => ec2.findTagged(blue, { key: 'name', value }, signal)),
        );
        expect(found.map((disks) => disks.map(({ tags }) => tags.name))).toEqual([['db'], ['a*'], []]);
        expect(await ec2.findTagged({ 'tag:team': ['red'] }, { key: 'name', value: 'db' }, signal)).toEqual(
          [],
        );
      });
      test('have at most 200 values in total', async () => {
        const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);
        const status = ['available', 'in-use'];
        expect(await ec2.findVolumes({ 'tag:name': names(198), status }, signal)).toEqual([]);
        await expect(ec2.findVolumes({ 'tag:name': names(199), status }, signal)).rejects.toEqual(
          refusal('FilterLimitExceeded', 'DescribeVolumes'),
        );
      });
      test('any number of simultaneous requests by tag are answered, with any other filters', async () => {
        await make('t', { tags: { name: 'n300' } });
        const status = ['creating', 'available', 'in-use', 'error'];
        const asked = Array.from({ length: 401 }, (_, index) => `n${index}`);
        const found = await Promise.all(
          asked.map((value) => ec2.findTagged({ status }, { key: 'name', value }, signal)),
        );
        expect(asked.filter((_, index) => found[index]?.length === 1)).toEqual(['n300']);
      });
      test('compare tags exactly, with upper and lower case', async () => {
        await make('1', { tags: { name: 'db' } });
        await make('2', { tags: { name: 'DB' } });
        await make('3', { tags: { name: 'db2' } });
        const found = await ec2.findVolumes({ 'tag:name': ['db'], status: ['available', 'in-use'] }, signal);
        expect(found.map(({ tags }) => tags)).toEqual([{ name: 'db' }]);
      });
      test('treat no character as a wildcard', async () => {
        await make('1', { tags: { name: 'd*' } });
        await make('2', { tags: { name: 'db' } });
        await make('3', { tags: { name: String.raw`d\*?` } });
        const find = async (value: string) =>
          (await ec2.findVolumes({ 'tag:name': [value] }, signal)).map(({ tags }) => tags.name);
        expect(await find('d*')).toEqual(['d*']);
        expect(await find('d?')).toEqual([]);
        expect(await find(String.raw`d\*?`)).toEqual([String.raw`d\*?`]);
      });
    });

    describe('tags', () => {
      test('are set and removed by key, idempotently, without effect on others', async () => {
        const { id } = await make();
        for (let time = 0; time < 2; time++) await ec2.setTags([id], { Name: 'new', more: '' }, signal);
        expect((await ec2.volume(id, signal))?.tags).toEqual({
          Name: 'new',
          more: '',
          'holdfast:name': 'db',
        });
        for (let time = 0; time < 2; time++) await ec2.removeTags([id], ['Name', 'absent'], signal);
        expect((await ec2.volume(id, signal))?.tags).toEqual({ more: '', 'holdfast:name': 'db' });
      });
      test('stay unchanged if no key is named', async () => {
        const { id, tags } = await make();
        await ec2.removeTags([id], [], signal);
        await ec2.setTags([id], {}, signal);
        expect((await ec2.volume(id, signal))?.tags).toEqual(tags);
      });
      test('are at most 50', async () => {
        const { id } = await make();
        const many = Object.fromEntries(Array.from({ length: 49 }, (_, at) => [`k${at}`, 'v']));
        await expect(ec2.setTags([id], many, signal)).rejects.toEqual(
          refusal('TagLimitExceeded', 'CreateTags'),
        );
      });
    });

    describe('an attachment', () => {
      test('has the requested device name, and is shown with the instance', async () => {
        const { id, attachments, state } = await attached((await make()).id);
        expect(state).toBe('in-use');
        expect(attachments).toEqual([{ instanceId: subject.a, device, state: 'attached' }]);
        expect((await ec2.instance(subject.a, signal))?.devices.get(device)).toBe(id);
      });
      test('succeeds if it already exists', async () => {
        const { id } = await attached((await make()).id);
        await ec2.attach(id, subject.a, device, signal);
        await ec2.attach(id, subject.a, '/dev/xvdbb', signal);
        expect((await ec2.volume(id, signal))?.attachments).toMatchObject([{ device }]);
      });
      test('to a second instance is refused', async () => {
        const { id } = await attached((await make()).id);
        await expect(ec2.attach(id, subject.b, device, signal)).rejects.toEqual(
          refusal('VolumeInUse', 'AttachVolume'),
        );
      });
      test('in another zone is refused', async () => {
        const { id } = await make();
        await expect(ec2.attach(id, subject.far, device, signal)).rejects.toEqual(
          refusal('InvalidVolume.ZoneMismatch', 'AttachVolume'),
        );
      });
      test('under a used device name is refused', async () => {
        await attached((await make('1')).id, subject.a, '/dev/xvdf');
        const { id } = await make('2');
        await expect(ec2.attach(id, subject.a, '/dev/xvdf', signal)).rejects.toEqual(
          refusal('InvalidParameterValue', 'AttachVolume'),
        );
      });
      test('of a missing volume or instance is refused', async () => {
        await expect(ec2.attach('vol-0000000000000dead', subject.a, device, signal)).rejects.toEqual(
          refusal('InvalidVolume.NotFound', 'AttachVolume'),
        );
        const { id } = await make();
        await expect(ec2.attach(id, 'i-0000000000000dead', device, signal)).rejects.toEqual(
          refusal('InvalidInstanceID.NotFound', 'AttachVolume'),
        );
      });
      test('can be undone; then another instance may have the volume', async () => {
        const { id } = await attached((await make()).id);
        await ec2.detach(id, subject.a, undefined, signal);
        const free = await until(id, ({ state }) => state === 'available');
        expect(free.attachments).toEqual([]);
        await attached(id, subject.b);
      });
      test('is undone only as the device that is named', async () => {
        const { id } = await attached((await make()).id);
        await ec2.detach(id, subject.a, '/dev/xvdcz', signal);
        expect((await ec2.volume(id, signal))?.attachments).toMatchObject([{ state: 'attached' }]);
        await ec2.detach(id, subject.a, device, signal);
        await until(id, ({ state }) => state === 'available');
      });
      test('that does not exist can also be undone, and an existing one stays', async () => {
        const { id } = await make();
        await ec2.detach(id, subject.a, undefined, signal);
        await ec2.detach('vol-0000000000000dead', subject.a, undefined, signal);
        await attached(id);
        await ec2.detach(id, subject.b, undefined, signal);
        expect((await ec2.volume(id, signal))?.attachments).toMatchObject([
          { instanceId: subject.a, state: 'attached' },
        ]);
      });
    });

    describe('an instance', () => {
      test('has a zone, a type and a state', async () => {
        expect(await ec2.instance(subject.a, signal)).toMatchObject({ state: 'running', zone: subject.zone });
        expect((await ec2.instance(subject.far, signal))?.zone).not.toBe(subject.zone);
      });
      test('has names, and the time of its last start', async () => {
        const found = await ec2.instance(subject.a, signal);
        expect(found?.names).toContain(found?.names[0]?.split('.')[0]);
        expect(found?.names).toEqual(expect.arrayContaining([expect.stringMatching(/^10(\.\d+){3}$/)]));
        expect(found?.startedAt).toBeLessThanOrEqual(Date.now());
        expect((await ec2.instance(subject.b, signal))?.names).not.toEqual(found?.names);
      });
      test('that does not exist is undefined', async () => {
        expect(await ec2.instance('i-0000000000000dead', signal)).toBeUndefined();
      });
      test('has an attachment limit', async () => {
        const type = (await ec2.instance(subject.a, signal))?.type ?? '';
        expect(await ec2.attachLimit(type, signal)).toMatchObject({ most: expect.any(Number) });
      });
    });

    describe('a snapshot', () => {
      test('is made once for the same tags, and so is a volume from it', async () => {
        const { id } = await make();
        const tags = { 'holdfast:id': '0123' };
        const snapshot = await ec2.createSnapshot(id, 'a test', tags, signal);
        expect((await ec2.createSnapshot(id, 'a test', tags, signal)).id).toBe(snapshot.id);
        expect(await ec2.snapshot(snapshot.id, signal)).toMatchObject({ sizeGiB: 1, tags });
        await untilSnapshot(ec2, snapshot.id);
        const { sizeGiB: _, ...unsized } = wanted();
        const copy = await ec2.createVolume({ ...unsized, snapshotId: snapshot.id }, 't2', signal);
        expect(copy).toMatchObject({ sizeGiB: 1, snapshotId: snapshot.id });
      });
      test('is recognised by our own tags, with any other tags', async () => {
        const { id } = await make();
        const snapshotFor = (mark: string, team: string) =>
          ec2.createSnapshot(id, 'a test', { 'holdfast:removed': mark, team }, signal);
        const first = await snapshotFor('1', 'blue');
        expect((await snapshotFor('1', 'red')).id).toBe(first.id);
        expect((await snapshotFor('2', 'blue')).id).not.toBe(first.id);
      });
      test('is pending at first, then complete; only then volumes are made of it', async () => {
        const { id } = await make();
        const made = await ec2.createSnapshot(id, 'a test', { 'holdfast:id': '1' }, signal);
        expect(made).toMatchObject({ state: 'pending', volumeId: id });
        expect(made.progress).toBeLessThan(100);
        await untilSnapshot(ec2, made.id);
        expect(await ec2.snapshot(made.id, signal)).toMatchObject({ state: 'completed', progress: 100 });
        expect((await ec2.createVolume(wanted({ snapshotId: made.id }), 't3', signal)).snapshotId).toBe(
          made.id,
        );
      });
      test('is found by its tags, all of them, and is gone when it is deleted, twice as once', async () => {
        const { id } = await make();
        const make2 = (mark: string) =>
          ec2.createSnapshot(id, 'a test', { 'holdfast:driver': 'ebs', 'holdfast:id': mark }, signal);
        const made = [await make2('1'), await make2('2')];
        const find = (filters: Record<string, readonly string[]>) =>
          ec2.findSnapshots({ 'tag:holdfast:driver': ['ebs'], ...filters }, signal);
        expect((await find({})).map((one) => one.id).sort()).toEqual(made.map((one) => one.id).sort());
        expect(await find({ 'tag:holdfast:id': ['2'] })).toMatchObject([{ id: made[1]?.id, volumeId: id }]);
        expect(await find({ 'tag-key': ['holdfast:none'] })).toEqual([]);
        for (let time = 0; time < 2; time++) await ec2.deleteSnapshot(made[0]?.id ?? '', signal);
        expect(await ec2.snapshot(made[0]?.id ?? '', signal)).toBeUndefined();
        expect(await find({})).toHaveLength(1);
      });
      test('that does not exist is undefined, and no volume can be created from it', async () => {
        const snapshotId = 'snap-0000000000000dead';
        expect(await ec2.snapshot(snapshotId, signal)).toBeUndefined();
        await expect(ec2.createVolume(wanted({ snapshotId }), 't', signal)).rejects.toEqual(
          refusal('InvalidSnapshot.NotFound', 'CreateVolume'),
        );
      });
    });

    describe('a copy of a snapshot', () => {
      const complete = async () => {
        const { id } = await make();
        const made = await ec2.createSnapshot(id, 'a test', { 'holdfast:id': '1', team: 'blue' }, signal);
        await untilSnapshot(ec2, made.id);
        return { region: subject.region, snapshotId: made.id };
      };
      test('is in the region that was asked, with its own tags and description, pending at first', async () => {
        const source = await complete();
        const there = await subject.connectElsewhere();
        const id = await there.copySnapshot(source, 'a copy', { 'holdfast:id': '2' }, signal);
        expect(await there.snapshot(id, signal)).toMatchObject({ state: 'pending', sizeGiB: 1 });
        await untilSnapshot(there, id);
        expect(await there.snapshot(id, signal)).toMatchObject({
          ...{ state: 'completed', description: 'a copy', tags: { 'holdfast:id': '2' }, says: '' },
        });
        expect(await ec2.snapshot(id, signal)).toBeUndefined();
        expect((await there.snapshot(id, signal))?.volumeId).toBe('vol-ffffffff');
      });
      test('is made once for the same tags of ours, with any other tags', async () => {
        const source = await complete();
        const there = await subject.connectElsewhere();
        const copy = (mark: string, team: string) =>
          there.copySnapshot(source, 'a copy', { 'holdfast:id': mark, team }, signal);
        const first = await copy('2', 'blue');
        expect(await copy('2', 'red')).toBe(first);
        expect(await copy('3', 'blue')).not.toBe(first);
      });
      test('is refused for a source that is pending, or is not in the region that is named', async () => {
        const there = await subject.connectElsewhere();
        const { id } = await make();
        const made = await ec2.createSnapshot(id, 'a test', { 'holdfast:id': '1' }, signal);
        const copy = (region: string, snapshotId: string) =>
          there.copySnapshot({ region, snapshotId }, 'a copy', { 'holdfast:id': '2' }, signal);
        await expect(copy(subject.region, made.id)).rejects.toEqual(
          refusal('IncorrectState', 'CopySnapshot'),
        );
        await expect(copy(subject.region, 'snap-0000000000000dead')).rejects.toEqual(
          refusal('InvalidSnapshot.NotFound', 'CopySnapshot'),
        );
      });
      test('is refused while as many are under way to its region as there may be', async () => {
        const source = await complete();
        const there = await subject.connectElsewhere();
        const copy = (mark: string) => there.copySnapshot(source, 'a copy', { 'holdfast:id': mark }, signal);
        subject.limitCopies(1);
        const first = await copy('2');
        await expect(copy('3')).rejects.toEqual(refusal('ResourceLimitExceeded', 'CopySnapshot'));
        await untilSnapshot(there, first);
        expect(await copy('3')).not.toBe(first);
      });
    });

    describe('a modification', () => {
      const ended = async (id: string) => {
        for (;;) {
          const now = await ec2.modification(id, signal);
          if (now?.state === 'completed' || now?.state === 'failed') return now;
          signal.throwIfAborted();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      test('changes size, type and performance in one request, while it is attached, too', async () => {
        const { id } = await attached((await make()).id);
        expect(await ec2.modification(id, signal)).toBeUndefined();
        const wish = { sizeGiB: 8, iops: 4000, throughput: 250 };
        const begun = await ec2.modifyVolume(id, wish, signal);
        expect(begun).toMatchObject({ state: 'modifying', target: { ...wish, type: 'gp3' } });
        expect(await ended(id)).toMatchObject({ state: 'completed', target: wish, progress: 100 });
        expect(await ec2.volume(id, signal)).toMatchObject({ ...wish, type: 'gp3', state: 'in-use' });
        await ec2.modifyVolume(id, { type: 'io2', iops: 500 }, signal);
        await ended(id);
        expect(await ec2.volume(id, signal)).toMatchObject({ type: 'io2', iops: 500, sizeGiB: 8 });
      });
      test('never makes it smaller, and waits for the one before', async () => {
        const { id } = await make('t', { sizeGiB: 4 });
        const modify = (sizeGiB: number) => ec2.modifyVolume(id, { sizeGiB }, signal);
        await expect(modify(3)).rejects.toEqual(refusal('InvalidParameterValue', 'ModifyVolume'));
        for (const sizeGiB of [5, 6, 7, 8]) {
          await modify(sizeGiB);
          await ended(id);
        }
        await expect(modify(9)).rejects.toEqual(refusal('VolumeModificationRateExceeded', 'ModifyVolume'));
        expect((await ec2.volume(id, signal))?.sizeGiB).toBe(8);
      });
      test('of a volume that does not exist is refused, and undefined', async () => {
        const id = 'vol-0000000000000dead';
        await expect(ec2.modifyVolume(id, { sizeGiB: 2 }, signal)).rejects.toEqual(
          refusal('InvalidVolume.NotFound', 'ModifyVolume'),
        );
        expect(await ec2.modification(id, signal)).toBeUndefined();
      });
    });

    test('every request is counted by its action', async () => {
      await make();
      expect(ec2.requests().get('CreateVolume')).toBe(1);
      expect(ec2.requests().get('DescribeVolumes')).toBeGreaterThan(0);
    });

    test('an aborted call rejects with a timeout', async () => {
      const { id } = await make();
      const over = AbortSignal.abort();
      const timeout = expect.objectContaining({ code: 'timeout' });
      await expect(ec2.volume(id, over)).rejects.toEqual(timeout);
      await expect(ec2.attach(id, subject.a, device, over)).rejects.toEqual(timeout);
      expect((await ec2.volume(id, signal))?.attachments).toEqual([]);
    });
  });
}

async function untilSnapshot(ec2: Ec2, id: string): Promise<void> {
  while ((await ec2.snapshot(id, signal))?.state !== 'completed') {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
