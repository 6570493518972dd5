import { dirname } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Backend } from '../../../src/backends/backend.ts';
import type { FilesBelow, Host } from '../../../src/host/host.ts';
import { type BackendSubject, createSubject } from '../../contract/backend/subject.ts';
import { createFakeState } from '../../fakes/host/fake-host.ts';
import { directories, localOnFakeHost } from './under-test.ts';

const registry = '/folder/volumes/.holdfast/registry';

/** A host that knows which directories have names that a power failure would take back. */
function losingHost(host: Host): {
  readonly host: Host;
  readonly unsynced: Set<string>;
  readonly steps: string[];
} {
  const unsynced = new Set<string>();
  const steps: string[] = [];
  /** What must be durable before a volume's record comes or goes. */
  const recordChanges = (doing: string) =>
    steps.push(`${doing}, unsynced: ${[...unsynced].sort().join(' ') || 'none'}`);
  const synced = (paths: readonly string[]): void => {
    for (const path of paths) unsynced.delete(path);
  };
  const watched = (files: FilesBelow): FilesBelow => ({
    ...files,
    async createDirectory(path, owner, names) {
      if (names === 'unsynced') for (const each of [path, dirname(path)]) unsynced.add(each);
      return files.createDirectory(path, owner, names);
    },
    async sync(paths) {
      await files.sync(paths);
      synced(paths);
    },
    async rename(from, to, names) {
      if (names === 'unsynced') for (const each of [from, to]) unsynced.add(dirname(each));
      await files.rename(from, to, names);
    },
    async writeText(path, text, how, order) {
      synced(order?.after ?? []);
      if (dirname(path) === registry) recordChanges('a record comes');
      return files.writeText(path, text, how, order);
    },
    async moveText(from, to, text, after) {
      synced(after);
      if (dirname(from) === registry) recordChanges('a record goes');
      await files.moveText(from, to, text, after);
    },
    async removeFile(path) {
      if (dirname(path) === registry) recordChanges('a record goes');
      await files.removeFile(path);
    },
  });
  return {
    host: { ...host, files: { ...host.files, below: (root) => watched(host.files.below(root)) } },
    unsynced,
    steps,
  };
}

describe('what a power failure takes back', () => {
  let subject: BackendSubject;
  let backend: Backend;
  let losing: ReturnType<typeof losingHost>;
  beforeEach(async () => {
    subject = createSubject(directories, await localOnFakeHost(createFakeState()));
    losing = losingHost(subject.underTest.host);
    backend = subject.reopen({ host: losing.host });
  });

  test('a volume has its directory before it has its record', async () => {
    await subject.create('db', {}, backend);
    expect(losing.steps).toEqual(['a record comes, unsynced: none']);
    expect([...losing.unsynced]).toEqual([]);
  });

  test('a removed volume is in the trash before its record goes there', async () => {
    const volume = await subject.create('db', {}, backend);
    losing.steps.length = 0;
    await backend.remove(volume, subject.signal);
    expect(losing.steps).toEqual(['a record goes, unsynced: none']);
    expect([...losing.unsynced]).toEqual([]);
    expect(await subject.removed()).toHaveLength(1);
  });
});
