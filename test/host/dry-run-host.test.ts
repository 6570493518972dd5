import { expect, test } from '@jest/globals';
import { dryRunHost } from '../../src/host/dry-run-host.ts';
import { createFakeHost } from '../fakes/host/fake-host.ts';
import { watchEffects } from '../fakes/watched-host.ts';

const owner = { uid: 0, gid: 0, mode: 0o755 };

test('a dry-run host has no effect on files, here and on servers', async () => {
  const effects: string[] = [];
  const real = createFakeHost();
  await real.files.makeDirectory('/a/b');
  await real.files.writeText('/a/file', 'text', 'replace');
  const host = dryRunHost(watchEffects(real, (_, name) => void effects.push(name)));
  const { files: remoteFiles } = host.remote('nfs.example');
  for (const files of [host.files, remoteFiles, host.files.below('/'), remoteFiles.below('/')]) {
    await files.makeDirectory('/c');
    await files.createDirectory('/c', owner);
    await files.setOwner('/a/b', owner);
    await files.rename('/a/b', '/b');
    await files.writeText('/a/file', 'other', 'replace');
    await files.removeFile('/a/file');
    await files.removeDirectory('/a/b');
    await files.removeTree('/a', AbortSignal.timeout(100_000));
    await files.refresh('/a');
    expect(await files.list('/a')).toEqual(['b', 'file']);
    expect(await files.readText('/a/file')).toBe('text');
    expect(await files.facts('/a/b')).toMatchObject({ kind: 'directory' });
  }
  await host.files.makeMountpoint('/m');
  await host.files.createSparse('/s', 1);
  await (await host.files.openLog('/l')).append('line');
  await host.remote('nfs.example').bind('/a', '/a/b', []);
  expect(effects).toEqual([]);
});
test('it refuses to run programs', async () => {
  const { programs } = dryRunHost(createFakeHost());
  await expect(programs.run('mkfs.ext4', [], AbortSignal.timeout(100_000))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^Dry run: mkfs\.ext4 not run/),
  });
});
