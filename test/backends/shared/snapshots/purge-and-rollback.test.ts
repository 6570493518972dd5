import { expect, test } from '@jest/globals';
import type { Backend, Snapshots } from '../../../../src/backends/backend.ts';
import { snapshotsOf } from '../../../contract/backend/snapshots.ts';
import { type BackendSubject, createSubject } from '../../../contract/backend/subject.ts';
import { type Around, interceptHost } from '../../../fakes/intercepted-host.ts';
import { directories, localOnFakeHost } from '../../local/under-test.ts';
import { nfsKind, shareDirectories, shareOnFakeHost } from '../network-share/under-test.ts';

const storages = {
  local: async () => createSubject(directories, await localOnFakeHost()),
  nfs: async () => createSubject(shareDirectories, await shareOnFakeHost(nfsKind)),
};
const never = new Promise<never>(() => undefined);

function keptBy({ snapshots }: Backend): Snapshots {
  if (snapshots.kind === 'none') throw new Error('this backend has none');
  return snapshots;
}

/** A volume with a snapshot, and what a daemon that died in a rollback had made for it. */
async function interrupted(subject: BackendSubject) {
  const volume = await subject.create('db');
  await subject.write(volume, 'first');
  const snapshot = await snapshotsOf(subject).take(volume, 'before');
  await subject.write(volume, 'second');
  const rollBack = (by: Backend, keptAs: string) =>
    keptBy(by).rollback(volume, snapshot, keptAs, subject.signal);
  await new Promise<void>((resolve) => {
    const dying: Around = async ({ name, detail }, run) => {
      const result = await run();
      if (!name.endsWith('.rename') || !detail.includes('~next')) return result;
      resolve();
      return never;
    };
    void rollBack(subject.reopen({ host: interceptHost(subject.underTest.host, dying) }), 'd'.repeat(16));
  });
  subject.advance(600_000);
  return { volume, rollBack };
}

function gate() {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await new Promise(setImmediate);
}

/**
 * Starts a rollback at this call of a purge for the volume (0: at none). Its copy is whole before the purge goes on, unless it waits for
 * that. Resolves with the number of such calls.
 */
async function purgeMeanwhile(subject: BackendSubject, at: number): Promise<number> {
  const { volume, rollBack } = await interrupted(subject);
  const [copied, purged] = [gate(), gate()];
  let calls = 0;
  let rolledBack: Promise<unknown> | undefined;
  const around: Around = async ({ name, detail }, run) => {
    if (rolledBack !== undefined) {
      const result = await run();
      if (!name.endsWith('.rename') || !detail.endsWith('/~next')) return result;
      copied.open();
      await purged.passed;
      return result;
    }
    // What both share is not waited for.
    if (!detail.includes(volume.id) || detail.includes('.lock') || ++calls !== at) return run();
    rolledBack = rollBack(by, 'e'.repeat(16)).finally(copied.open);
    // It may wait for the purge instead.
    await Promise.race([copied.passed, turns(50)]);
    return run();
  };
  const by = subject.reopen({ host: interceptHost(subject.underTest.host, around) });
  await by.purge(subject.signal);
  purged.open();
  await rolledBack;
  expect(await subject.read(volume)).toBe(at === 0 ? 'second' : 'first');
  return calls;
}

test.each(Object.entries(storages))(
  'a rollback that begins while a purge clears an earlier one has all its data on %s',
  async (_, open) => {
    const calls = await purgeMeanwhile(await open(), 0);
    expect(calls).toBeGreaterThan(3);
    for (let at = 1; at <= calls; at += 1) await purgeMeanwhile(await open(), at);
  },
);
