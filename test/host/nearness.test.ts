import { describe, expect, test } from '@jest/globals';
import { parseMountTable } from '../../src/host/mount-table.ts';
import { createNearness } from '../../src/host/nearness.ts';
import type { MountFacts, SystemCalls } from '../../src/host/system-calls.ts';
import { systemError } from '../../src/host/system-error.ts';

const table = parseMountTable(`
1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:40 / /srv/share rw - nfs4 server:/export rw
3 1 8:1 /vols/db /mnt/db rw - ext4 /dev/sda1 rw
4 1 0:40 /web /mnt/web rw - nfs4 server:/export rw
5 1 7:0 / /mnt/image rw - ext4 /dev/loop0 rw
6 1 0:41 / /mnt/own rw - nfs4 server:/other rw
`);

/** A kernel that never answers for what lies within a share: the test would hang, so it fails. */
function lab(links: readonly string[] = []) {
  let reads = 0;
  const statMount = (path: string): MountFacts => {
    if (path.startsWith('/srv/share/')) throw new Error(`${path} was looked at`);
    if (path.includes('none')) throw systemError('ENOENT', 'statx', path);
    const mount = table.findLast(({ mountpoint }) => mountpoint === path);
    return {
      isMountRoot: mount !== undefined,
      isSymlink: links.includes(path),
      device: mount?.device ?? '8:1',
      inode: '2',
      mountId: `${mount?.mountId ?? 1}`,
    };
  };
  const unused = () => {
    throw new Error('not used here');
  };
  const calls: SystemCalls = {
    statMount,
    mount: unused,
    mountFileSystem: unused,
    unmount: unused,
    unmountFileSystem: unused,
    ioctl: unused,
    renameNoReplace: unused,
  };
  const nearness = createNearness(calls, async () => {
    reads += 1;
    return table;
  });
  const ends = (path: string) => nearness.ends(path, statMount(path));
  return { nearness, ends, reads: () => reads };
}

describe('a local path', () => {
  test('is one on a local file system, and one whose mounts all are', async () => {
    const { nearness } = lab();
    expect(await nearness.of('/vols/db')).toBe('local');
    expect(await nearness.of('/')).toBe('local');
    expect(await nearness.of('/mnt/image/deep/below')).toBe('local');
  });
  test('is none on a share, which is not even looked at', async () => {
    const { nearness } = lab();
    expect(await nearness.of('/srv/share/dir')).toBe('unknown');
    expect(await nearness.of('/srv/share')).toBe('unknown');
  });
  test('is none through a symlink, and a missing one is missing', async () => {
    const { nearness } = lab(['/link']);
    expect(await nearness.of('/link/dir')).toBe('symlink');
    expect(await nearness.of('/none')).toBe('missing');
  });
  test('is known again without the table of mounts', async () => {
    const { nearness, reads } = lab();
    for (let time = 0; time < 5; time += 1) await nearness.of('/mnt/image/sub');
    expect(reads()).toBeLessThanOrEqual(2);
  });
});

describe('an unmount', () => {
  test('of one mount among several of a file system ends just that', async () => {
    const { ends } = lab();
    expect(await ends('/mnt/db')).toBe('one-mount');
    expect(await ends('/mnt/web')).toBe('one-mount');
  });
  test('of the last mount ends the file system, local or not', async () => {
    const { ends } = lab();
    expect(await ends('/mnt/image')).toBe('local-file-system');
    expect(await ends('/mnt/own')).toBe('other-file-system');
  });
  test('is judged again without the table of mounts', async () => {
    const { ends, reads } = lab();
    for (let time = 0; time < 5; time += 1) await ends('/mnt/db');
    expect(reads()).toBe(1);
  });
});
