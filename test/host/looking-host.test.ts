import { expect, test } from '@jest/globals';
import { lookingHost } from '../../src/host/looking-host.ts';
import { createFakeHost } from '../fakes/fake-host.ts';
import { watchEffects } from '../fakes/watched-host.ts';

const owner = { uid: 0, gid: 0, mode: 0o755 };

test('a host that is only looked at has no effect on files, here and on servers', async () => {
  const effects: string[] = [];
  const real = createFakeHost();
  await real.files.makeDirectory('/a/b');
  await real.files.writeText('/a/file', 'text', 'replace');
  const host = lookingHost(watchEffects(real, (_, name) => void effects.push(name)));
  for (const files of [host.files, host.remote('nfs.example').files]) {
    await files.makeDirectory('/c');
    await files.createDirectory('/c', owner);
    await files.setOwner('/a/b', owner);
    await files.rename('/a/b', '/b');
    await files.writeText('/a/file', 'other', 'replace');
    await files.removeFile('/a/file');
    await files.removeDirectory('/a/b');
    await files.removeTree('/a', AbortSignal.timeout(1000));
    await files.refresh('/a');
    expect(await files.list('/a')).toEqual(['b', 'file']);
    expect(await files.readText('/a/file')).toBe('text');
    expect(await files.facts('/a/b')).toMatchObject({ kind: 'directory' });
  }
  await host.files.makeMountpoint('/m');
  await host.files.createSparse('/s', 1);
  await (await host.files.openLog('/l')).append('line');
  await host.remote('nfs.example').bind('/a', '/a/b', 'read-write');
  expect(effects).toEqual([]);
});
test('it runs no program, and says so', async () => {
  const { programs } = lookingHost(createFakeHost());
  await expect(programs.run('mkfs.ext4', [], AbortSignal.timeout(1000))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/mkfs\.ext4 .*dry run/),
  });
});
