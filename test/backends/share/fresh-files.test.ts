import { dirname } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { freshFiles } from '../../../src/backends/shared/share/fresh-files.ts';
import type { RemoteFiles } from '../../../src/host/host.ts';
import { createFakeHost, createFakeState } from '../../fakes/fake-host.ts';

describe('files on a share', () => {
  let server: RemoteFiles;
  let client: RemoteFiles;

  beforeEach(async () => {
    server = createFakeHost(createFakeState()).files;
    await server.makeDirectory('/share');
    client = freshFiles(remembering(server));
  });

  test('are seen as soon as another host has made them', async () => {
    expect(await client.readText('/share/file')).toBeUndefined();
    await server.writeText('/share/file', 'new', 'exclusive');
    expect(await client.readText('/share/file')).toBe('new');
  });

  test('are seen in directories that another host has just made, too', async () => {
    expect(await client.facts('/share/a/b/file')).toBeUndefined();
    expect(await client.readText('/share/a/b/file')).toBeUndefined();
    await server.makeDirectory('/share/a/b');
    await server.writeText('/share/a/b/file', 'new', 'exclusive');
    expect(await client.facts('/share/a/b/file')).toMatchObject({ kind: 'file' });
    expect(await client.readText('/share/a/b/file')).toBe('new');
  });

  test('that nobody made are not there', async () => {
    expect(await client.facts('/share/a/file')).toBeUndefined();
    expect(await client.facts('/none')).toBeUndefined();
  });
});

/** As a client of NFS: what it once found missing stays so until the directory with the name is refreshed. */
function remembering(files: RemoteFiles): RemoteFiles {
  const missing = new Set<string>();
  const isMissing = (path: string): boolean =>
    path !== '/' && (missing.has(path) || isMissing(dirname(path)));
  async function look<T>(path: string, find: () => Promise<T | undefined>): Promise<T | undefined> {
    if (isMissing(path)) return undefined;
    const above = dirname(path);
    if (above !== path && (await look(above, () => files.facts(above))) === undefined) return undefined;
    const found = await find();
    if (found === undefined) missing.add(path);
    return found;
  }
  return {
    ...files,
    facts: (path) => look(path, () => files.facts(path)),
    readText: (path) => look(path, () => files.readText(path)),
    refresh: async (directory) => {
      if (isMissing(directory)) return;
      for (const path of [...missing]) if (dirname(path) === directory) missing.delete(path);
    },
  };
}
