import { describe, expect, test } from '@jest/globals';
import type { Backend, Snapshots } from '../../../../src/backends/backend.ts';
import type { Snapshot } from '../../../../src/core/protect/snapshot.ts';
import type { Volume } from '../../../../src/core/volume.ts';
import { snapshotsOf } from '../../../contract/backend/snapshots.ts';
import { type BackendSubject, createSubject } from '../../../contract/backend/subject.ts';
import { type Around, interceptHost } from '../../../fakes/intercepted-host.ts';
import { directories, localOnFakeHost } from '../../local/under-test.ts';
import { nfsKind, shareDirectories, shareOnFakeHost } from '../network-share/under-test.ts';

const storages = {
  local: async () => createSubject(directories, await localOnFakeHost()),
  nfs: async () => createSubject(shareDirectories, await shareOnFakeHost(nfsKind)),
};

type Deletion = (by: Backend, volume: Volume, before: Snapshot, signal: AbortSignal) => Promise<unknown>;

function keptBy({ snapshots }: Backend): Snapshots {
  if (snapshots.kind === 'none') throw new Error('this backend has none');
  return snapshots;
}

const deletions: Readonly<Record<string, Deletion>> = {
  'the snapshot is removed': (by, _, before, signal) => keptBy(by).remove(before, signal),
  'the volume is deleted with its snapshots': (by, volume, _, signal) => by.remove(volume, signal),
};

const never = new Promise<never>(() => undefined);

/** Begins the deletion, which stays at its first tree after one file of that. Resolves then. */
function halfDone(subject: BackendSubject, deletion: (by: Backend) => Promise<unknown>): Promise<void> {
  const { host } = subject.underTest;
  return new Promise((resolve, reject) => {
    const around: Around = async ({ name, detail }, run) => {
      if (!name.endsWith('.removeTree') || !detail.includes('/snapshots/')) return run();
      const [tree] = (await host.files.list(detail))?.filter((entry) => entry.includes('~data')) ?? [];
      await host.files.removeFile(tree === undefined ? `${detail}/file` : `${detail}/${tree}/file`);
      resolve();
      return never;
    };
    const by = subject.reopen({ host: interceptHost(host, around), settings: { onRemove: 'delete' } });
    deletion(by).catch(reject);
  });
}

describe.each(Object.entries(storages))('a copy of a snapshot on %s', (_, open) => {
  describe.each(Object.entries(deletions))('while %s', (__, deletion) => {
    test.each(['before', 'after'] as const)('is refused, %s its data is read', async (when) => {
      const subject = await open();
      const { host } = subject.underTest;
      const kept = snapshotsOf(subject);
      const volume = await subject.create('db');
      await subject.write(volume, 'first');
      const before = await kept.take(volume, 'before');
      const begin = () => halfDone(subject, (by) => deletion(by, volume, before, subject.signal));
      let isBegun = false;
      const around: Around = async ({ name }, run) => {
        if (!name.endsWith('.copy') || isBegun) return run();
        isBegun = true;
        if (when === 'before') await begin();
        const result = await run();
        if (when === 'after') await begin();
        return result;
      };
      const by = subject.reopen({ host: interceptHost(host, around) });
      const plan = kept.planClone('copy', volume);
      const clone = keptBy(by).clone(plan, { kind: 'snapshot', snapshot: before }, subject.signal);
      await expect(clone).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('was deleted or replaced while it was copied'),
      });
      expect(await subject.backend.lookup(plan.name, subject.signal)).toBeUndefined();
    });
  });
});
