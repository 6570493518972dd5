import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { freshFiles } from '../../../../src/backends/shared/network-share/fresh-files.ts';
import type { FilesBelow, Host } from '../../../../src/host/host.ts';
import { createFakeHost } from '../../../fakes/host/fake-host.ts';
import { createFakeServers, hostOf, nfsKind } from './under-test.ts';

const root = '/mnt/share';
const nfs = { keepsNames: 'until-opened' } as const;
const owner = { uid: 0, gid: 0, mode: 0o755 };

describe('files on a share', () => {
  /** The files as NFS shows them to two hosts, each with its own cache. */
  let other: FilesBelow;
  let client: FilesBelow;

  beforeEach(async () => {
    const servers = createFakeServers();
    const hosts = [hostOf(nfsKind, servers), hostOf(nfsKind, servers)].map((state) => createFakeHost(state));
    for (const host of hosts) await mount(host);
    const [one, two] = hosts.map(({ remote }) =>
      freshFiles(remote(nfsKind.source).files.below(root), root, nfs),
    );
    if (!one || !two) throw new Error('there are two hosts');
    [other, client] = [one, two];
  });

  async function mount(host: Host): Promise<void> {
    await host.files.makeMountpoint(root);
    const args = ['-t', 'nfs', '-o', 'vers=4.2', '--', nfsKind.source, root];
    expect(await host.programs.run('mount', args, AbortSignal.timeout(100_000))).toMatchObject({
      exitCode: 0,
    });
  }

  test('are seen as soon as another host has created them', async () => {
    expect(await client.readText(`${root}/file`)).toBeUndefined();
    await other.writeText(`${root}/file`, 'new', 'exclusive');
    expect(await client.readText(`${root}/file`)).toBe('new');
  });
  test('are also seen in directories that another host has just created', async () => {
    expect(await client.facts(`${root}/a/b/file`)).toBeUndefined();
    expect(await client.readText(`${root}/a/b/file`)).toBeUndefined();
    await other.makeDirectory(`${root}/a/b`);
    await other.writeText(`${root}/a/b/file`, 'new', 'exclusive');
    expect(await client.facts(`${root}/a/b/file`)).toMatchObject({ kind: 'file' });
    expect(await client.readText(`${root}/a/b/file`)).toBe('new');
  });
  test.each(['before', 'after'] as const)(
    'are moved once, even if the client notices %s the move that their name is stale',
    async (when) => {
      const stale = Object.assign(new Error('stale file handle'), { code: 'ESTALE' });
      let left = 1;
      const forgetful = freshFiles(
        {
          ...client,
          async rename(from, to) {
            if (left === 0) return client.rename(from, to);
            left -= 1;
            if (when === 'after') await client.rename(from, to);
            throw stale;
          },
        },
        root,
        nfs,
      );
      await other.writeText(`${root}/file`, 'text', 'exclusive');
      await forgetful.rename(`${root}/file`, `${root}/moved`);
      expect(await client.readText(`${root}/moved`)).toBe('text');
      expect(await client.facts(`${root}/file`)).toBeUndefined();
      left = 2;
      await expect(forgetful.rename(`${root}/none`, `${root}/other`)).rejects.toThrow();
    },
  );
  test('that nobody created do not exist', async () => {
    expect(await client.facts(`${root}/a/file`)).toBeUndefined();
    expect(await client.facts(`${root}/none`)).toBeUndefined();
  });
  test('are always what the server has now, after any changes by other hosts', async () => {
    const path = fc.constantFrom('a', 'b', 'a/x', 'b/x').map((name) => `${root}/${name}`);
    const step = fc.oneof(
      fc.record({ does: fc.constant('make' as const), path, to: path }),
      fc.record({ does: fc.constant('move' as const), path, to: path }),
      fc.record({ does: fc.constant('remove' as const), path, to: path }),
    );
    const steps = fc.array(fc.tuple(fc.boolean(), step), { minLength: 4, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        for (const name of ['a', 'b'])
          await other.removeTree(`${root}/${name}`, AbortSignal.timeout(100_000));
        for (const [isOther, { does, path: from, to }] of all) {
          const files = isOther ? other : client;
          const act = {
            make: () => files.createDirectory(from, owner),
            move: () => files.rename(from, to),
            remove: () => files.removeTree(from, AbortSignal.timeout(100_000)),
          }[does];
          await act().catch(() => undefined);
          for (const each of ['a', 'b', 'a/x', 'b/x']) {
            const seen = await Promise.all(
              [other, client].map((one) => one.facts(`${root}/${each}`).then((facts) => facts?.inode)),
            );
            expect(seen[0]).toBe(seen[1]);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
