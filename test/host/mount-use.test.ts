import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { containerIdIn } from '../../src/host/mount-namespaces.ts';
import { parseMountTable } from '../../src/host/mount-table.ts';
import { createUseFinder } from '../../src/host/mount-use.ts';

const own = parseMountTable(`
1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw
20 1 8:1 /var/lib/holdfast/mnt /var/lib/holdfast/mnt rw shared:90 - ext4 /dev/sda1 rw
21 20 8:1 /vols/db /var/lib/holdfast/mnt/db rw shared:91 - ext4 /dev/sda1 rw
22 20 7:0 / /var/lib/holdfast/mnt/image rw shared:92 - ext4 /dev/loop0 rw
`);
const find = createUseFinder(own, '/var/lib/holdfast/mnt');

function usesOf(...lines: readonly string[]): readonly string[] {
  return find(parseMountTable(lines.join('\n'))).map(({ mountpoint }) => mountpoint.split('/').at(-1) ?? '');
}

describe('a use of a mount', () => {
  test('is the same directory of the same device', () => {
    expect(usesOf('5 4 8:1 /vols/db /data rw master:91 - ext4 /dev/sda1 rw')).toEqual(['db']);
    expect(usesOf('5 4 8:2 /vols/db /data rw - ext4 /dev/sdb1 rw')).toEqual([]);
  });
  test('is a directory below it, but not one that merely begins like it', () => {
    expect(usesOf('5 4 8:1 /vols/db/sub/path /data rw - ext4 /dev/sda1 rw')).toEqual(['db']);
    expect(usesOf('5 4 8:1 /vols/db2 /data rw - ext4 /dev/sda1 rw')).toEqual([]);
    expect(usesOf('5 4 7:0 /deep/below /data rw - ext4 /dev/loop0 rw')).toEqual(['image']);
  });
  test('is a directory below it that was deleted since', () => {
    expect(usesOf('5 4 8:1 /vols/db/sub//deleted /data rw - ext4 /dev/sda1 rw')).toEqual(['db']);
  });
  test('is not the file system around it', () => {
    expect(
      usesOf('5 4 8:1 / /host rw - ext4 /dev/sda1 rw', '6 4 8:1 /vols /v rw - ext4 /dev/sda1 rw'),
    ).toEqual([]);
  });
});

describe('an inherited copy', () => {
  test('is none, at our very mountpoint', () => {
    expect(usesOf('5 4 7:0 / /var/lib/holdfast/mnt/image rw - ext4 /dev/loop0 rw')).toEqual([]);
  });
  test('is none where our unmount reaches it, wherever it is', () => {
    const root = (tag: string) =>
      `4 1 8:1 /var/lib/holdfast/mnt /host/var/lib/holdfast/mnt rw ${tag} - ext4 /dev/sda1 rw`;
    const copy = '5 4 7:0 / /host/var/lib/holdfast/mnt/image rw master:92 - ext4 /dev/loop0 rw';
    expect(usesOf(root('master:90'), copy)).toEqual([]);
    expect(usesOf(root('shared:90'), copy)).toEqual([]);
    expect(usesOf(root('shared:300 master:90'), copy)).toEqual([]);
  });
  test('is a use where our unmount does not reach it', () => {
    const root = (tag: string) =>
      `4 1 8:1 /var/lib/holdfast/mnt /host/var/lib/holdfast/mnt rw ${tag}- ext4 /dev/sda1 rw`;
    const copy = '5 4 7:0 / /host/var/lib/holdfast/mnt/image rw - ext4 /dev/loop0 rw';
    expect(usesOf(root(''), copy)).toEqual(['image']);
    expect(usesOf(root('master:17 '), copy)).toEqual(['image']);
  });
  test('is a use at another place of a parent that hears of our unmount', () => {
    const root = '4 1 8:1 /var/lib/holdfast/mnt /host/mnt rw master:90 - ext4 /dev/sda1 rw';
    expect(usesOf(root, '5 4 7:0 / /host/mnt/elsewhere rw - ext4 /dev/loop0 rw')).toEqual(['image']);
  });
});

test('a path is below another exactly when its segments begin with it', () => {
  const segments = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(segments, segments, (mounted, used) => {
      const table = parseMountTable(`21 20 8:1 /${mounted.join('/')} /mnt/v rw - ext4 /dev/sda1 rw`);
      const others = parseMountTable(`5 4 8:1 /${used.join('/')} /data rw - ext4 /dev/sda1 rw`);
      const isBelow = mounted.every((name, index) => used[index] === name);
      expect(createUseFinder(table, '/mnt')(others)).toHaveLength(isBelow ? 1 : 0);
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
  test('is none on the host', () => {
    expect(containerIdIn('0::/user.slice/user-0.slice')).toBeUndefined();
    expect(containerIdIn(`0::/${'a'.repeat(65)}`)).toBeUndefined();
  });
});
