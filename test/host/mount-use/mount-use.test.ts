import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { containerIdIn } from '../../../src/host/mount-use/mount-namespaces.ts';
import { findUses } from '../../../src/host/mount-use/mount-use.ts';
import { createNamespace } from '../../../src/host/mount-use/namespace.ts';
import { parseMountTable } from '../../../src/host/mounts/table.ts';

const own = parseMountTable(`
1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw
20 1 8:1 /var/lib/holdfast/mnt /var/lib/holdfast/mnt rw shared:90 - ext4 /dev/sda1 rw
21 20 8:1 /vols/db /var/lib/holdfast/mnt/db rw shared:91 - ext4 /dev/sda1 rw
22 20 7:0 / /var/lib/holdfast/mnt/image rw shared:92 - ext4 /dev/loop0 rw
`);
const mountRoot = '/var/lib/holdfast/mnt';

/** The uses in these namespaces. Each is a list of lines; the first one is that of PID 1. */
function usesAmong(namespaces: readonly (readonly string[])[], mine = own): readonly string[] {
  const others = namespaces.map((lines, index) =>
    createNamespace(index + 1, parseMountTable(lines.join('\n'))),
  );
  const { elsewhere } = findUses(mountRoot, createNamespace(4, mine), others);
  return elsewhere.map(({ mountpoint }) => mountpoint.split('/').at(-1) ?? '');
}

function usesOf(...lines: readonly string[]): readonly string[] {
  return usesAmong([lines]);
}

/** The uses in our own table with these lines added. */
function ownUses(...lines: readonly string[]): readonly string[] {
  const more = createNamespace(4, [...own, ...parseMountTable(lines.join('\n'))]);
  return findUses(mountRoot, more, []).here.map(
    ({ mountpoint, entry }) => `${mountpoint} ${entry.mountpoint}`,
  );
}

describe('a use of a mount', () => {
  test('is the same directory of the same device', () => {
    expect(usesOf('5 4 8:1 /vols/db /data rw master:91 - ext4 /dev/sda1 rw')).toEqual(['db']);
    expect(usesOf('5 4 8:2 /vols/db /data rw - ext4 /dev/sdb1 rw')).toEqual([]);
  });
  test('is a directory below it, but not one whose name only has the same prefix', () => {
    expect(usesOf('5 4 8:1 /vols/db/sub/path /data rw - ext4 /dev/sda1 rw')).toEqual(['db']);
    expect(usesOf('5 4 8:1 /vols/db2 /data rw - ext4 /dev/sda1 rw')).toEqual([]);
    expect(usesOf('5 4 7:0 /deep/below /data rw - ext4 /dev/loop0 rw')).toEqual(['image']);
  });
  test('is a deleted directory below it', () => {
    expect(usesOf('5 4 8:1 /vols/db/sub//deleted /data rw - ext4 /dev/sda1 rw')).toEqual(['db']);
  });
  test('is not the file system that contains it', () => {
    expect(
      usesOf('5 4 8:1 / /host rw - ext4 /dev/sda1 rw', '6 4 8:1 /vols /v rw - ext4 /dev/sda1 rw'),
    ).toEqual([]);
  });
});

/** As Linux 6.1 shows them: the root is always `/`, and the source says which directory it is. */
describe('of one NFS export', () => {
  const bound = (path: string, at: string, id: number) =>
    `${id} 20 0:50 / ${at} rw shared:${id} - nfs4 guest0:/srv/volumes${path} rw,vers=4.2`;
  const mine = [...own, ...parseMountTable(bound('/db', `${mountRoot}/shared`, 23))];
  const uses = (...lines: readonly string[]) => usesAmong([lines], mine);
  test('a container’s mount of a volume is a use of that volume only', () => {
    expect(uses(bound('/db', '/data', 5))).toEqual(['shared']);
    expect(uses(bound('/db/sub', '/data', 5))).toEqual(['shared']);
    expect(uses(bound('/web', '/data', 5))).toEqual([]);
    expect(uses(bound('/db2', '/data', 5))).toEqual([]);
  });
  test('the export itself, mounted by another daemon of the host, is not a use of a volume', () => {
    expect(uses(bound('', '/var/lib/other/.shares/nfs/guest0', 5))).toEqual([]);
    const here = parseMountTable(bound('', '/var/lib/other/.shares/nfs/guest0', 24));
    expect(findUses(mountRoot, createNamespace(4, [...mine, ...here]), []).here).toEqual([]);
  });
});

describe('an inherited copy', () => {
  const inherited = (propagation: string) => [
    `51 50 8:1 / / rw ${propagation}- ext4 /dev/sda1 rw`,
    `52 51 8:1 ${mountRoot} ${mountRoot} rw ${propagation}- ext4 /dev/sda1 rw`,
    `53 52 7:0 / ${mountRoot}/image rw ${propagation}- ext4 /dev/loop0 rw`,
  ];
  const container = '51 50 0:77 / / rw - overlay overlay rw';
  test('is not a use in a namespace that started as a copy of ours and was cut off', () => {
    expect(usesOf(...inherited(''))).toEqual([]);
  });
  test('is a use at our own mountpoint if the rest of the path is not ours', () => {
    const [, root = '', copy = ''] = inherited('');
    expect(usesOf(container, root, copy)).toEqual(['image']);
    expect(usesOf(container, `53 51 7:0 / ${mountRoot}/image rw - ext4 /dev/loop0 rw`)).toEqual(['image']);
    expect(usesOf(container, `53 51 7:0 /sub ${mountRoot}/image rw - ext4 /dev/loop0 rw`)).toEqual(['image']);
    expect(usesOf(`53 99 7:0 / ${mountRoot}/image rw - ext4 /dev/loop0 rw`)).toEqual(['image']);
  });
  test('is a use if it was mounted over the copy, or in its place', () => {
    const root = `52 51 8:1 ${mountRoot} ${mountRoot} rw master:90 - ext4 /dev/sda1 rw`;
    const copy = `53 52 7:0 / ${mountRoot}/image rw master:92 - ext4 /dev/loop0 rw`;
    expect(usesOf(container, root, copy)).toEqual([]);
    expect(usesOf(container, root, copy, `54 53 7:0 / ${mountRoot}/image rw - ext4 /dev/loop0 rw`)).toEqual([
      'image',
    ]);
    expect(usesOf(container, root, `54 52 7:0 / ${mountRoot}/image rw - ext4 /dev/loop0 rw`)).toEqual([
      'image',
    ]);
  });
  test('is a use if it was mounted in a peer of our mount root, which propagates it to our mountpoint', () => {
    const ours = [
      ...own,
      ...parseMountTable(`30 22 7:0 / ${mountRoot}/image rw shared:92 - ext4 /dev/loop0 rw`),
    ];
    for (const tag of ['', 'shared:92 ', 'master:92 ']) {
      const [root = '', copy = ''] = inherited('shared:90 ').slice(1);
      const heard = copy.replace('image rw shared:90', 'image rw shared:92');
      const made = `54 53 7:0 / ${mountRoot}/image rw ${tag}- ext4 /dev/loop0 rw`;
      expect(usesAmong([[container, root, heard, made]], ours)).toEqual(['image', 'image']);
    }
  });
  test('is a use if that event also reached the directory that our mount comes from', () => {
    const data = '/var/volumes/peer';
    const ours = parseMountTable(`
43 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw
65 43 8:1 ${mountRoot} ${mountRoot} rw shared:22 - ext4 /dev/sda1 rw
70 65 8:1 ${data} ${mountRoot}/peer rw shared:1 - ext4 /dev/sda1 rw
122 43 8:1 ${data} ${data} rw shared:1 - ext4 /dev/sda1 rw
124 70 8:1 ${data} ${mountRoot}/peer rw shared:1 - ext4 /dev/sda1 rw
`);
    const theirs = [
      container,
      `119 50 8:1 ${mountRoot} ${mountRoot} rw shared:22 - ext4 /dev/sda1 rw`,
      `120 119 8:1 ${data} ${mountRoot}/peer rw shared:1 - ext4 /dev/sda1 rw`,
    ];
    const made = `121 120 8:1 ${data} ${mountRoot}/peer rw shared:1 - ext4 /dev/sda1 rw`;
    expect(usesAmong([[...theirs, made]], ours)).toContain('peer');
  });
  test('is a use if something is mounted in it: the kernel does not unmount it', () => {
    const root = `52 51 8:1 ${mountRoot} /x rw master:90 - ext4 /dev/sda1 rw`;
    const copy = '53 52 7:0 / /x/image rw master:92 - ext4 /dev/loop0 rw';
    expect(usesOf(root, copy, '54 53 0:99 / /x/image/tmp rw - tmpfs tmpfs rw')).toEqual(['image']);
    expect(usesOf(root, copy, '54 53 0:99 / /x/image rw - tmpfs tmpfs rw')).toEqual([]);
  });
  test('is not a use if our unmount reaches it over other groups', () => {
    const between = [
      `61 60 8:1 ${mountRoot} /a rw shared:300 master:90 - ext4 /dev/sda1 rw`,
      '62 61 7:0 / /a/image rw shared:301 master:92 - ext4 /dev/loop0 rw',
    ];
    const behind = [
      `71 70 8:1 ${mountRoot} /b rw master:300 - ext4 /dev/sda1 rw`,
      '72 71 7:0 / /b/image rw master:301 - ext4 /dev/loop0 rw',
    ];
    expect(usesAmong([between, behind])).toEqual([]);
    expect(usesAmong([behind])).toEqual(['image']);
  });
  test('is not a use in a copy of the host’s namespace, if we have another namespace', () => {
    const ours = parseMountTable(`
1 0 0:70 / / rw - overlay overlay rw
20 1 8:1 ${mountRoot} ${mountRoot} rw shared:90 - ext4 /dev/sda1 rw
22 20 7:0 / ${mountRoot}/image rw shared:92 - ext4 /dev/loop0 rw
`);
    const host = inherited('shared:90 ').map((line) =>
      line.replace('image rw shared:90', 'image rw shared:92'),
    );
    expect(usesAmong([host, inherited('')], ours)).toEqual([]);
    expect(usesAmong([inherited(''), inherited('')], ours)).toEqual(['image', 'image']);
  });
  test('is treated like its original: a copy of the source of our mount is not a use', () => {
    const ours = [...own, ...parseMountTable('30 1 7:0 / /mnt/disk rw shared:92 - ext4 /dev/loop0 rw')];
    const service = [
      '51 50 8:1 / / rw master:1 - ext4 /dev/sda1 rw',
      '55 51 7:0 / /mnt/disk rw master:92 - ext4 /dev/loop0 rw',
    ];
    expect(usesAmong([service], ours)).toEqual([]);
    expect(usesAmong([service])).toEqual(['image']);
  });
  test('is not a use if our unmount reaches it, at any path', () => {
    const root = (tag: string) =>
      `4 1 8:1 /var/lib/holdfast/mnt /host/var/lib/holdfast/mnt rw ${tag} - ext4 /dev/sda1 rw`;
    const copy = '5 4 7:0 / /host/var/lib/holdfast/mnt/image rw master:92 - ext4 /dev/loop0 rw';
    expect(usesOf(root('master:90'), copy)).toEqual([]);
    expect(usesOf(root('shared:90'), copy)).toEqual([]);
    expect(usesOf(root('shared:300 master:90'), copy)).toEqual([]);
  });
  test('is a use if our unmount does not reach it', () => {
    const root = (tag: string) =>
      `4 1 8:1 /var/lib/holdfast/mnt /host/var/lib/holdfast/mnt rw ${tag}- ext4 /dev/sda1 rw`;
    const copy = '5 4 7:0 / /host/var/lib/holdfast/mnt/image rw - ext4 /dev/loop0 rw';
    expect(usesOf(root(''), copy)).toEqual(['image']);
    expect(usesOf(root('master:17 '), copy)).toEqual(['image']);
  });
  test('is a use at another place of a parent that our unmount reaches', () => {
    const root = '4 1 8:1 /var/lib/holdfast/mnt /host/mnt rw master:90 - ext4 /dev/sda1 rw';
    expect(usesOf(root, '5 4 7:0 / /host/mnt/elsewhere rw - ext4 /dev/loop0 rw')).toEqual(['image']);
  });
});

describe('a mount of our own namespace', () => {
  const image = `${mountRoot}/image`;
  test('is a use at another place, in any group', () => {
    for (const tag of ['', 'shared:92 ', 'master:92 ', 'shared:7 ']) {
      expect(ownUses(`30 1 7:0 /sub /srv/pub rw ${tag}- ext4 /dev/loop0 rw`)).toEqual([`${image} /srv/pub`]);
      expect(ownUses(`30 1 7:0 / /srv/pub rw ${tag}- ext4 /dev/loop0 rw`)).toEqual([`${image} /srv/pub`]);
    }
    expect(ownUses(`30 20 7:0 / ${mountRoot}/other rw shared:92 - ext4 /dev/loop0 rw`)).toEqual([
      `${mountRoot}/other ${image}`,
      `${image} ${mountRoot}/other`,
    ]);
  });
  test('is not a use at our mountpoint, or if our unmount reaches it', () => {
    expect(ownUses(`30 22 7:0 / ${image} rw shared:92 - ext4 /dev/loop0 rw`)).toEqual([]);
    const copy = [
      '30 1 8:1 / /host rw shared:1 - ext4 /dev/sda1 rw',
      `31 30 8:1 ${mountRoot} /host/mnt rw shared:90 - ext4 /dev/sda1 rw`,
      '32 31 7:0 / /host/mnt/image rw shared:92 - ext4 /dev/loop0 rw',
    ];
    expect(ownUses(...copy)).toEqual([]);
    expect(ownUses(...copy.map((line) => line.replace('shared:90', 'shared:95')))).toEqual([
      `${image} /host/mnt/image`,
    ]);
  });
  test('is not a use if it contains our mount', () => {
    expect(ownUses(`30 20 8:1 /var ${mountRoot}/var rw - ext4 /dev/sda1 rw`)).toEqual([]);
  });
});

test('a path is below another if and only if its first segments are equal', () => {
  const segments = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(segments, segments, (mounted, used) => {
      const table = parseMountTable(`21 20 8:1 /${mounted.join('/')} /mnt/v rw - ext4 /dev/sda1 rw`);
      const others = parseMountTable(`5 4 8:1 /${used.join('/')} /data rw - ext4 /dev/sda1 rw`);
      const isBelow = mounted.every((name, index) => used[index] === name);
      const { elsewhere } = findUses('/mnt', createNamespace(2, table), [createNamespace(3, others)]);
      expect(elsewhere).toHaveLength(isBelow ? 1 : 0);
    }),
  );
});

describe('the container of a process', () => {
  const id = '0123456789abcdef'.repeat(4);
  test.each([
    `0::/system.slice/docker-${id}.scope`,
    `12:pids:/docker/${id}\n11:cpu:/docker/${id}`,
    `0::/machine.slice/libpod-${id}.scope/container`,
    `0::/docker/${'f'.repeat(64)}/docker/${id}`,
  ])('is named by its cgroup: %s', (cgroup) => {
    expect(containerIdIn(cgroup)).toBe(id);
  });
  test('of Mesos is its UUID', () => {
    const uuid = '1b4e28ba-2fa1-41d2-883f-0016d3cca427';
    const inner = '6fa459ea-ee8a-4ca4-894e-db77e160355e';
    expect(containerIdIn(`4:memory:/mesos/${uuid}`)).toBe(uuid);
    expect(containerIdIn(`4:memory:/mesos/${uuid}/mesos/${inner}`)).toBe(inner);
  });
  test('is undefined on the host', () => {
    expect(containerIdIn('0::/user.slice/user-0.slice')).toBeUndefined();
    expect(containerIdIn(`0::/${'a'.repeat(65)}`)).toBeUndefined();
  });
});
