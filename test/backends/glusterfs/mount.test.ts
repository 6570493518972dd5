import { describe, expect, test } from '@jest/globals';
import {
  type GlusterfsMountParts,
  glusterfsMismatch,
  glusterfsMount,
  mountedFrom,
  sourceOf,
} from '../../../src/backends/glusterfs/mount.ts';
import type { ShareMount, WantedMount } from '../../../src/backends/shared/network-share/share.ts';
import type { MountEntry } from '../../../src/host/host.ts';

const parts: GlusterfsMountParts = {
  driver: 'shared',
  servers: ['gluster1', 'gluster2', 'fd00::3'],
  volume: 'gv0',
  logLevel: 'WARNING',
  logDir: '/var/log/glusterfs',
  mountOptions: [],
};
const base: WantedMount = { directory: '', access: 'read-write', options: [], sharing: 'shared' };
const entry: MountEntry = {
  mountId: 30,
  parentId: 20,
  device: '0:52',
  root: '/',
  mountpoint: '/mnt/base',
  options: ['rw', 'relatime'],
  propagation: [],
  type: 'fuse.glusterfs',
  source: 'gluster1:/gv0',
  superOptions: ['rw', 'user_id=0', 'group_id=0', 'default_permissions', 'allow_other', 'max_read=131072'],
};

describe('a mount of a Gluster volume', () => {
  test('names the first server, and the others as its backups', () => {
    expect(glusterfsMount(parts, base)).toEqual({
      type: 'glusterfs',
      source: 'gluster1:/gv0',
      options: [
        'backup-volfile-servers=gluster2:[fd00::3]',
        'log-level=WARNING',
        'log-file=/var/log/glusterfs/holdfast-shared-gv0.log',
      ],
    });
  });
  test('has no backups with one server, and no brackets in its source', () => {
    const alone = { ...parts, servers: ['fd00::3'] };
    expect(sourceOf(alone)).toBe('fd00::3:/gv0');
    expect(glusterfsMount(alone, base).options.join()).not.toContain('backup');
  });
  test('of a directory has its own source and log', () => {
    const mount = glusterfsMount(parts, { ...base, directory: 'team-a/db', sharing: 'alone' });
    expect(mount.source).toBe('gluster1:/gv0/team-a/db');
    expect(mount.options).toContain('log-file=/var/log/glusterfs/holdfast-shared-gv0~team-a~db.log');
  });
  test('has a log file name that every file system accepts, for any directory', () => {
    const directory = `${'tür/'.repeat(90)}x`;
    const { options } = glusterfsMount(parts, { ...base, directory });
    const file =
      options
        .find((option) => option.startsWith('log-file='))
        ?.split('/')
        .at(-1) ?? '';
    expect(file).toMatch(/^holdfast-shared-gv0~t%r~t%r[\w%~]*\.log$/);
    expect(file.length).toBeLessThan(255);
  });
  test('has the options of the settings, then those of the volume, then read-only', () => {
    const { options } = glusterfsMount(
      { ...parts, mountOptions: ['acl', 'lru-limit=1000'] },
      { ...base, access: 'read-only', options: ['lru-limit=5', 'noatime', ''] },
    );
    expect(options.slice(3)).toEqual(['acl', 'lru-limit=5', 'noatime', 'ro']);
  });
  test.each(['my dir', 'a*', 'a:b', "a'b", 'a"b', 'a\\b', 'a?b', 'a[b]', '$(x)', 'a;b'])(
    'refuses the directory %p, which mount.glusterfs would split',
    (directory) => {
      expect(() => glusterfsMount(parts, { ...base, directory })).toThrow(
        /leave out mountOptions and isolation/,
      );
      expect(() => glusterfsMount(parts, { ...base, directory })).toThrow(
        expect.objectContaining({ code: 'invalid' }),
      );
    },
  );
});

describe('what the kernel shows of a mount', () => {
  const asked = glusterfsMount(parts, base);
  const mismatch = (mount: ShareMount, found: MountEntry) => glusterfsMismatch(parts.servers, mount, found);
  test('matches the request, whichever server answered', () => {
    expect(mismatch(asked, entry)).toBeUndefined();
    for (const server of parts.servers)
      expect(mismatch(asked, { ...entry, source: `${server}:/gv0` })).toBeUndefined();
  });
  test('matches the request if some servers were skipped', () => {
    const team = glusterfsMount(parts, { ...base, directory: 'team-a' });
    const [, ...rest] = parts.servers;
    const some = mountedFrom(rest, team);
    expect(some.source).toBe(`${rest[0]}:/gv0/team-a`);
    expect(some.options.join()).not.toContain(parts.servers[0]);
    for (const mount of [team, some])
      expect(mismatch(mount, { ...entry, source: some.source })).toBeUndefined();
    expect(mismatch(team, { ...entry, source: `${rest[0]}:/gv0/team-b` })).toMatch(/unmount it/);
    expect(mountedFrom(parts.servers, team)).toEqual(team);
    expect(mountedFrom([], team)).toEqual(team);
  });
  test.each([
    [{ type: 'ext4' }, /gluster1:\/gv0 of type ext4/],
    [{ source: 'gluster1:/gv01' }, /gluster1:\/gv01/],
    [{ source: 'gluster9:/gv0' }, /gluster9:\/gv0/],
    [{ root: '/team-a' }, /unmount it, then retry/],
    [{ options: ['ro', 'relatime'] }, /without rw/],
  ])('does not match with %p', (found, message) => {
    expect(mismatch(asked, { ...entry, ...found })).toMatch(message);
  });
  test('must have the requested flags', () => {
    const options = ['nodev', 'noatime', 'acl'];
    const strict = glusterfsMount(parts, { ...base, access: 'read-only', options });
    expect(mismatch(strict, entry)).toMatch(/without ro, noatime, nodev:/);
    expect(mismatch(strict, { ...entry, options: ['ro', 'nodev', 'noatime'] })).toBeUndefined();
  });
});
