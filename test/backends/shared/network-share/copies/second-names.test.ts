import { beforeEach, expect, test } from '@jest/globals';
import type { Volume } from '../../../../../src/core/volume.ts';
import { snapshotsOf } from '../../../../contract/backend/snapshots.ts';
import { type BackendSubject, createSubject } from '../../../../contract/backend/subject.ts';
import { type Around, interceptHost } from '../../../../fakes/intercepted-host.ts';
import { glusterKind, shareDirectories, shareOnFakeHost } from '../under-test.ts';

let subject: BackendSubject;
let root: string;
let volume: Volume;

beforeEach(async () => {
  subject = createSubject(shareDirectories, await shareOnFakeHost(glusterKind));
  volume = await subject.create('db');
  await subject.write(volume, 'kept');
  root = String(await subject.underTest.storage?.root());
});

/** A brick that missed a rename from `earlier` shows this name as well, of the same directory, and all of its parents. */
function missed(earlier: string, now: string): { readonly around: Around; readonly deleted: string[] } {
  const { files } = subject.underTest.host;
  const deleted: string[] = [];
  const around: Around = async ({ name, detail }, run) => {
    if (name === 'remote.removeTree' && detail === earlier) deleted.push(earlier);
    if (name === 'remote.facts' && detail === earlier) return (await files.facts(now)) as never;
    const result = await run();
    if (name !== 'remote.list' || !earlier.startsWith(`${detail}/`)) return result;
    const [listed = ''] = earlier.slice(detail.length + 1).split('/');
    return [...new Set([...((result as unknown as string[] | undefined) ?? []), listed])] as never;
  };
  return { around, deleted };
}

const clone = async (): Promise<Volume> => {
  const { snapshots, planClone } = snapshotsOf(subject);
  const source = { kind: 'volume', volume, mountpoint: undefined } as const;
  return snapshots.clone(planClone('copy', volume), source, subject.signal);
};

/** By the earlier and the present path of the data. */
const renamed: readonly (readonly [string, () => Promise<readonly [string, string]>])[] = [
  [
    'a clone got its place',
    async () => [`${root}/.holdfast/snapshots/${(await clone()).id}/~next`, `${root}/copy`],
  ],
  [
    'a clone got its place, and was removed since',
    async () => {
      const copy = await clone();
      await subject.backend.remove(copy, subject.signal);
      return [`${root}/.holdfast/snapshots/${copy.id}/~next`, `${root}/.holdfast/trash/copy~${copy.id}`];
    },
  ],
  [
    'a clone got its place, where it was retained since',
    async () => {
      const copy = await clone();
      await subject.reopen({ settings: { onRemove: 'retain' } }).remove(copy, subject.signal);
      return [`${root}/.holdfast/snapshots/${copy.id}/~next`, `${root}/copy`];
    },
  ],
  [
    'a snapshot got its name',
    async () => {
      const { id } = await snapshotsOf(subject).take(volume, 'before');
      const data = `${root}/.holdfast/snapshots/${volume.id}/before~data`;
      return [`${data}.${id}.part`, data];
    },
  ],
];

test.each(renamed)(
  'data that a brick shows under its earlier name too is not deleted: %s',
  async (_, act) => {
    const [earlier, now] = await act();
    const { around, deleted } = missed(earlier, now);
    const host = interceptHost(subject.underTest.host, around);
    await subject.reopen({ host }).purge(subject.signal);
    expect(deleted).toEqual([]);
    expect(await subject.underTest.host.files.readText(`${now}/file`)).toBe('kept');
  },
);

test('a rollback is refused while a brick shows the data under its earlier name', async () => {
  const snapshot = await snapshotsOf(subject).take(volume, 'before');
  const next = `${root}/.holdfast/snapshots/${volume.id}/~next`;
  const { around, deleted } = missed(next, `${root}/db`);
  const { snapshots } = subject.reopen({ host: interceptHost(subject.underTest.host, around) });
  if (snapshots.kind === 'none') throw new Error('it has them');
  await expect(
    snapshots.rollback(volume, snapshot, '00000000000fade5', subject.signal),
  ).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(/db.*~next.*healed/) });
  expect(deleted).toEqual([]);
  expect(await subject.read(volume)).toBe('kept');
  await snapshotsOf(subject).snapshots.rollback(volume, snapshot, '00000000000fade5', subject.signal);
});
