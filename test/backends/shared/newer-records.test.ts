import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sealRecord } from '../../../src/backends/shared/recorded/record-text.ts';
import { currentFormat } from '../../../src/core/decisions/known-format.ts';
import { isUnreadable, requireReadable } from '../../../src/core/volume.ts';
import type { BackendTraits, BackendUnderTest } from '../../contract/backend/contract.ts';
import { snapshotsOf } from '../../contract/backend/snapshots.ts';
import { type BackendSubject, createSubject } from '../../contract/backend/subject.ts';
import { directories, localOnFakeHost } from '../local/under-test.ts';
import { shareDirectories, shareKinds, shareOnFakeHost } from './network-share/under-test.ts';

interface Kind {
  readonly label: string;
  readonly traits: BackendTraits;
  open(): Promise<BackendUnderTest>;
}

const kinds: readonly Kind[] = [
  { label: 'local', traits: directories, open: () => localOnFakeHost() },
  ...shareKinds.map((kind) => ({
    label: kind.name,
    traits: shareDirectories,
    open: () => shareOnFakeHost(kind),
  })),
];

const newer = {
  message: expect.stringContaining(`a newer Holdfast wrote it, in format ${currentFormat + 1}`),
};
const day = 24 * 3_600_000;

/** Several hosts are upgraded one after the other: an older one meets what a newer one wrote to the same storage. */
describe.each(kinds)('records of a newer format on the storage of the backend $label', ({ traits, open }) => {
  let subject: BackendSubject;
  let own: string;
  beforeEach(async () => {
    subject = createSubject(traits, await open());
    await subject.create('good');
    const [base] = await subject.underTest.host.mounts.below('/folder/work');
    own = `${base?.mountpoint ?? '/folder/volumes'}/.holdfast`;
  });
  afterEach(async () => {
    await subject.backend.close();
    await subject.cleanUp();
  });
  const files = () => subject.underTest.host.files;
  const text = async (file: string) => (await files().readText(`${own}/${file}`)) ?? '';
  /** As the newer version would have written it; gives back what was there. */
  async function upgrade(file: string): Promise<{ readonly newer: string; readonly before: string }> {
    const before = await text(file);
    const { checksum: _, ...record } = JSON.parse(before);
    const newer = sealRecord({ ...record, format: currentFormat + 1, layout: 'unknown' });
    await files().writeText(`${own}/${file}`, newer, 'replace');
    return { newer, before };
  }

  test('of a removed volume: it is neither brought back nor deleted, even after years', async () => {
    const volume = await subject.create('gone');
    await subject.write(volume, 'dear');
    await subject.backend.remove(volume, subject.signal);
    const [removed] = await subject.removed();
    if (removed === undefined) throw new Error('It is in the trash.');
    const file = `trash/gone~${volume.id}.json`;
    const record = await upgrade(file);
    expect(await subject.removed()).toEqual([]);
    await expect(subject.backend.undelete(removed, subject.signal)).rejects.toMatchObject(newer);
    for (let round = 0; round < 3; round += 1) {
      subject.advance(1000 * day);
      expect(await subject.backend.purge(subject.signal)).toEqual([]);
    }
    expect(subject.events).toContain('record-unreadable');
    // Its name may be used for another volume, whose removal keeps both.
    const other = await subject.create('gone');
    await subject.backend.remove(other, subject.signal);
    expect(await text(file)).toBe(record.newer);
    await files().writeText(`${own}/${file}`, record.before, 'replace');
    const back = await subject.backend.undelete(removed, subject.signal);
    expect(await subject.read(back)).toBe('dear');
  });

  test('of a snapshot: it keeps its name, its record and its data', async () => {
    const { take, list } = snapshotsOf(subject);
    const volume = await subject.create('db');
    await subject.write(volume, 'dear');
    await take(volume, 'a');
    const record = await upgrade(`snapshots/${volume.id}/a.json`);
    expect(await list(volume)).toMatchObject([{ name: 'a', unreadable: newer.message }]);
    const { signal } = subject;
    await expect(take(volume, 'a')).rejects.toMatchObject({ code: 'conflict' });
    subject.advance(1000 * day);
    await subject.backend.purge(signal);
    expect(await text(`snapshots/${volume.id}/a.json`)).toBe(record.newer);
    expect(await subject.read(volume)).toBe('dear');
    await files().writeText(`${own}/snapshots/${volume.id}/a.json`, record.before, 'replace');
    expect((await list(volume)).map((one) => 'unreadable' in one)).toEqual([false]);
  });

  test('of a volume: its directory is not given to another one, nor what it left cleared', async () => {
    const volume = await subject.create('db');
    await subject.write(volume, 'dear');
    const record = await upgrade('registry/db.json');
    const found = await subject.backend.lookup(volume.name, subject.signal);
    expect(found && isUnreadable(found) && found.unreadable).toEqual(newer.message);
    for (const act of [() => subject.create('db'), () => subject.backend.remove(volume, subject.signal)])
      await expect(act()).rejects.toMatchObject(newer);
    subject.advance(1000 * day);
    await subject.backend.purge(subject.signal);
    expect(await text('registry/db.json')).toBe(record.newer);
    await files().writeText(`${own}/registry/db.json`, record.before, 'replace');
    expect(await subject.read(volume)).toBe('dear');
  });

  test('a key that this version does not know is ignored, and is not there once the record was written again', async () => {
    const volume = await subject.create('db');
    const { checksum: _, ...record } = JSON.parse(await text('registry/db.json'));
    const more = sealRecord({ ...record, volume: { ...record.volume, colour: 'red' } });
    await files().writeText(`${own}/registry/db.json`, more, 'replace');
    const found = await subject.backend.lookup(volume.name, subject.signal);
    expect(found && requireReadable(found)).toEqual(volume);
    expect(await text('registry/db.json')).toBe(more);
    await subject.backend.remove(volume, subject.signal);
    const [removed] = await subject.removed();
    if (removed === undefined) throw new Error('It is in the trash.');
    await subject.backend.undelete(removed, subject.signal);
    expect(await text('registry/db.json')).not.toContain('colour');
  });
});
