import { describe, expect, test } from '@jest/globals';
import { createMayBlock } from '../../../src/host/mounts/may-block.ts';
import { parseMountTable } from '../../../src/host/mounts/table.ts';
import type { MountFacts, SystemCalls } from '../../../src/host/system-calls.ts';

const table = parseMountTable(`
1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:40 / /srv/share rw - nfs4 server:/export rw
3 1 8:1 /vols/db /mnt/db rw - ext4 /dev/sda1 rw
4 1 0:40 /web /mnt/web rw - nfs4 server:/export rw
5 1 7:0 / /mnt/image rw - ext4 /dev/loop0 rw
6 1 0:41 / /mnt/own rw - nfs4 server:/other rw
`);

/** A kernel whose share never answers. Instead of hanging, an access fails the test. */
function lab(links: readonly string[] = []) {
  let reads = 0;
  const statMount = (path: string): MountFacts | undefined => {
    if (path.startsWith('/srv/share/')) throw new Error(`${path} was looked at`);
    if (path.includes('none')) return undefined;
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
    peer: unused,
    mount: unused,
    mountFileSystem: unused,
    bindRestricted: unused,
    bindOpened: unused,
    canDetach: () => false,
    mountDetached: unused,
    unmount: unused,
    unmountFileSystem: unused,
    openCached: () => undefined,
    readCached: () => false,
    openOnPool: unused,
    ioctl: unused,
    ioctlOnPool: unused,
    lock: unused,
    quota: unused,
    renameNoReplace: unused,
    sendDatagram: unused,
    attribute: unused,
    writeOut: unused,
    hasNoWriter: () => false,
  };
  const mayBlock = createMayBlock(calls, async () => {
    reads += 1;
    return table;
  });
  const ends = (path: string) => {
    const facts = statMount(path);
    if (facts === undefined) throw new Error(`${path} is not there`);
    return mayBlock.ends(path, facts);
  };
  return { mayBlock, ends, reads: () => reads };
}

describe('a local path', () => {
  test('is on a local file system, and so are all mounts on the way', async () => {
    const { mayBlock } = lab();
    expect(await mayBlock.of('/vols/db')).toBe('local');
    expect(await mayBlock.of('/')).toBe('local');
    expect(await mayBlock.of('/mnt/image/deep/below')).toBe('local');
  });
  test('is not one on a share, which is not accessed', async () => {
    const { mayBlock } = lab();
    expect(await mayBlock.of('/srv/share/dir')).toBe('unknown');
    expect(await mayBlock.of('/srv/share')).toBe('unknown');
  });
  test('is not one through a symlink, and a missing one is missing', async () => {
    const { mayBlock } = lab(['/link']);
    expect(await mayBlock.of('/link/dir')).toBe('symlink');
    expect(await mayBlock.of('/none')).toBe('missing');
  });
  test('is recognised again without reading the mount table', async () => {
    const { mayBlock, reads } = lab();
    for (let time = 0; time < 5; time += 1) await mayBlock.of('/mnt/image/sub');
    expect(reads()).toBeLessThanOrEqual(2);
  });
});

describe('an unmount', () => {
  test('of one of several mounts of a file system ends only this mount', async () => {
    const { ends } = lab();
    expect(await ends('/mnt/db')).toBe('one-mount');
    expect(await ends('/mnt/web')).toBe('one-mount');
  });
  test('of the last mount ends the file system, local or not', async () => {
    const { ends } = lab();
    expect(await ends('/mnt/image')).toBe('local-file-system');
    expect(await ends('/mnt/own')).toBe('other-file-system');
  });
  test('is classified again without reading the mount table', async () => {
    const { ends, reads } = lab();
    for (let time = 0; time < 5; time += 1) await ends('/mnt/db');
    expect(reads()).toBe(1);
  });
});
