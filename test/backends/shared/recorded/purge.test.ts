import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseVolumeName } from '../../../../src/core/names.ts';
import type { Volume } from '../../../../src/core/volume.ts';
import { snapshotsOf } from '../../../contract/backend/snapshots.ts';
import { type BackendSubject, createSubject } from '../../../contract/backend/subject.ts';
import { createFakeState, type FakeState } from '../../../fakes/host/fake-host.ts';
import { interceptHost } from '../../../fakes/intercepted-host.ts';
import { directories, localOnFakeHost } from '../../local/under-test.ts';

let state: FakeState;
let subject: BackendSubject;
beforeEach(async () => {
  state = createFakeState();
  subject = createSubject(directories, await localOnFakeHost(state));
});

const trash = '/folder/volumes/.holdfast/trash';
const day = 24 * 3_600_000;
const files = () => subject.underTest.host.files;
const recordOf = (volume: Volume) => `${trash}/${volume.name}~${volume.id}.json`;
const purge = async (backend = subject.backend) =>
  (await backend.purge(subject.signal)).map(({ volume }) => volume.name);
const removed = async (name = 'db'): Promise<Volume> => {
  const volume = await subject.create(name);
  await subject.write(volume, name);
  await subject.backend.remove(volume, subject.signal);
  return volume;
};

/** A record of a version before checksums. */
async function unseal(volume: Volume, more: object = {}): Promise<void> {
  const text = (await files().readText(recordOf(volume))) ?? '';
  const { checksum: _, hold: __, ...record } = JSON.parse(text);
  await files().writeText(recordOf(volume), JSON.stringify({ ...record, ...more }), 'replace');
}

describe('a clock that is wrong', () => {
  test.each([400 * day, -400 * day, day + 1])(
    'by %i ms since the boot deletes nothing before the time was observed to pass, and says so',
    async (error) => {
      const volume = await removed();
      const undisturbed = await files().readText(recordOf(volume));
      subject.misset(error);
      state.reboot();
      const booted = createSubject(directories, await localOnFakeHost(state));
      booted.misset(error);
      expect(await purge(booted.backend)).toEqual([]);
      expect(await files().readText(recordOf(volume))).toBe(undisturbed);
      if (error > 0) expect(booted.events).toContain('purge-held');
      booted.advance(day - 60_000);
      expect(await purge(booted.backend)).toEqual([]);
      booted.advance(61_000);
      expect(await purge(booted.backend)).toEqual(error > 0 ? ['db'] : []);
    },
  );
  test('that jumps while the daemon runs deletes nothing, nor does its correction', async () => {
    subject.misset(-400 * day);
    await removed();
    subject.misset(0);
    expect(await purge()).toEqual([]);
    subject.misset(400 * day);
    expect(await purge()).toEqual([]);
    expect(subject.events.filter((event) => event === 'purge-held')).toHaveLength(1);
    subject.advance(day);
    expect(await purge()).toEqual(['db']);
  });
  test('delays nothing once the time was observed, by any daemon of the same boot', async () => {
    await removed();
    subject.advance(day);
    expect(await purge(subject.reopen())).toEqual(['db']);
  });
  test('does not prevent purges on a host that reboots every few hours', async () => {
    await removed();
    let current = subject;
    for (let boot = 0; boot < 12; boot += 1) {
      expect(await purge(current.backend)).toEqual([]);
      state.clock.now += 4 * 3_600_000;
      await purge(current.backend);
      state.reboot();
      current = createSubject(directories, await localOnFakeHost(state));
      if ((await current.removed()).length === 0) break;
    }
    expect(await current.removed()).toEqual([]);
    expect(state.clock.now - Date.UTC(2026, 0, 1)).toBeGreaterThanOrEqual(day);
  });
  test('does not shorten the retention of a second removal by time observed for the first', async () => {
    const volume = await removed();
    await purge();
    subject.advance(day - 1000);
    await purge();
    const [first] = await subject.removed();
    if (!first) throw new Error('it is lost');
    await subject.backend.undelete(first, subject.signal);
    await subject.backend.remove(volume, subject.signal);
    subject.misset(400 * day);
    subject.advance(2000);
    expect(await purge()).toEqual([]);
  });
});

describe('a purge that takes long', () => {
  const back = async () => {
    const found = (await subject.removed()).find(({ volume }) => volume.name === 'second');
    if (found === undefined) throw new Error('it is lost');
    return found;
  };
  /** Purges, and does this while the first volume is deleted. */
  const meanwhile = async (work: () => Promise<unknown>) => {
    await removed('first');
    const second = await subject.create('second');
    await subject.write(second, 'second');
    await snapshotsOf(subject).take(second, 'before');
    await subject.backend.remove(second, subject.signal);
    subject.advance(day + 1000);
    let isDone = false;
    const slow = interceptHost(subject.underTest.host, async ({ name }, run) => {
      if (name === 'files.removeTree' && !isDone) {
        isDone = true;
        await work();
      }
      return run();
    });
    expect(await purge(subject.reopen({ host: slow }))).toEqual(['first']);
    return second;
  };

  test('deletes nothing of a volume that is brought back meanwhile, under its name or another', async () => {
    for (const name of ['second', 'other'] as const) {
      subject = createSubject(directories, await localOnFakeHost(createFakeState()));
      const { backend, signal } = subject;
      await meanwhile(async () => {
        const found = await back();
        const renamed =
          name === 'second' ? found : await backend.renameRemoved(found, parseVolumeName(name), signal);
        await backend.undelete(renamed, signal);
      });
      const [volume] = await subject.listed();
      expect(volume?.name).toBe(name);
      if (volume === undefined) throw new Error('it is lost');
      expect(await subject.read(volume)).toBe('second');
      expect(await snapshotsOf(subject).names(volume)).toEqual(['before']);
      await purge();
      expect(await snapshotsOf(subject).names(volume)).toEqual(['before']);
    }
  });
  test('deletes nothing of a volume that is removed again meanwhile', async () => {
    const { backend, signal } = subject;
    await meanwhile(async () => backend.remove(await backend.undelete(await back(), signal), signal));
    expect(await subject.read(await backend.undelete(await back(), signal))).toBe('second');
  });
});

describe('a record that changed', () => {
  test('by any bit deletes nothing earlier than was written', async () => {
    const volume = await removed();
    const text = (await files().readText(recordOf(volume))) ?? '';
    const bit = fc.record({
      at: fc.nat({ max: text.length - 1 }),
      mask: fc.constantFrom(1, 2, 4, 8, 16, 32, 64),
    });
    await fc.assert(
      fc.asyncProperty(bit, async ({ at, mask }) => {
        const changed = String.fromCharCode(text.charCodeAt(at) ^ mask);
        await files().writeText(
          recordOf(volume),
          text.slice(0, at) + changed + text.slice(at + 1),
          'replace',
        );
        expect(await purge(subject.reopen())).toEqual([]);
        expect(await files().facts(`${trash}/db~${volume.id}`)).toBeDefined();
      }),
    );
    await files().writeText(recordOf(volume), text, 'replace');
    expect((await subject.removed()).map((one) => one.volume)).toEqual([volume]);
  });
  test('by a digit of its time is reported, and the volume can be brought back once it is repaired', async () => {
    const volume = await removed();
    const text = (await files().readText(recordOf(volume))) ?? '';
    await files().writeText(
      recordOf(volume),
      text.replace('"purgeAfter":"2026', '"purgeAfter":"2022'),
      'replace',
    );
    expect(await purge()).toEqual([]);
    expect(subject.events).toContain('record-unreadable');
    await files().writeText(recordOf(volume), text, 'replace');
    const [found] = await subject.removed();
    if (!found) throw new Error('it is lost');
    expect(await subject.read(await subject.backend.undelete(found, subject.signal))).toBe('db');
  });
  test('among the volumes keeps its name, and nothing is mounted with its changed content', async () => {
    const volume = await subject.create('db');
    const file = '/folder/volumes/.holdfast/registry/db.json';
    const text = (await files().readText(file)) ?? '';
    await files().writeText(file, text.replace(volume.id, volume.id.replace(/^./, 'f')), 'replace');
    expect(await subject.backend.list(subject.signal)).toEqual([
      { name: 'db', unreadable: expect.stringMatching(/checksum does not match.*remove `checksum`/) },
    ]);
  });
});

describe('a record without a checksum', () => {
  test('is listed and can be brought back', async () => {
    const volume = await removed();
    await unseal(volume);
    const [found] = await subject.removed();
    if (!found) throw new Error('it is lost');
    expect(await subject.read(await subject.backend.undelete(found, subject.signal))).toBe('db');
  });
  test.each([
    {},
    { purgeAfter: '2022-01-02T00:00:00.000Z' },
    { removedAt: '2022-01-01T00:00:00.000Z', purgeAfter: '2022-01-01T00:00:00.000Z' },
  ])('is kept for the whole retention from the first sight, whatever it says: %p', async (more) => {
    const volume = await removed();
    await unseal(volume, more);
    subject.advance(100 * day);
    expect(await purge()).toEqual([]);
    expect(subject.events).toContain('purge-held');
    const [found] = await subject.removed();
    expect(Date.parse(found?.purgeAfter ?? '')).toBeGreaterThan(Date.UTC(2026, 0, 1) + 100 * day);
    subject.advance(day - 1000);
    expect(await purge()).toEqual([]);
    subject.advance(2000);
    expect(await purge()).toEqual(['db']);
  });
  test('is not deleted by a repeated removal', async () => {
    const volume = await removed();
    await unseal(volume, { removedAt: '2026-01-01T00:00:00.000Z', purgeAfter: '2026-01-01T00:00:00.000Z' });
    await subject.backend.remove(volume, subject.signal);
    expect(await subject.removed()).toHaveLength(1);
  });
  test('of a volume is readable', async () => {
    const volume = await subject.create('db');
    const record = { format: 1, volume };
    await files().writeText('/folder/volumes/.holdfast/registry/db.json', JSON.stringify(record), 'replace');
    expect(await subject.listed()).toEqual([volume]);
    await subject.backend.remove(volume, subject.signal);
    subject.advance(day);
    expect(await purge()).toEqual(['db']);
  });
});
