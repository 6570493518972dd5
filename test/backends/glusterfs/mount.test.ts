import { describe, expect, test } from '@jest/globals';
import {
  type GlusterfsMountParts,
  glusterfsMismatch,
  glusterfsMount,
  sourceOf,
} from '../../../src/backends/glusterfs/glusterfs-mount.ts';
import type { WantedMount } from '../../../src/backends/shared/share/share.ts';
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
  test('names the first server, and the others as those to ask after it', () => {
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
  test('of a directory has a source and a log of its own', () => {
    const mount = glusterfsMount(parts, { ...base, directory: 'team-a/db', sharing: 'alone' });
    expect(mount.source).toBe('gluster1:/gv0/team-a/db');
    expect(mount.options).toContain('log-file=/var/log/glusterfs/holdfast-shared-gv0~team-a~db.log');
  });
  test('has a log whose name every file system takes, whatever the directory is called', () => {
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
  test('takes the options of the settings, over them those of the volume, and read-only at last', () => {
    const { options } = glusterfsMount(
      { ...parts, mountOptions: ['acl', 'lru-limit=1000'] },
      { ...base, access: 'read-only', options: ['lru-limit=5', 'noatime', ''] },
    );
    expect(options.slice(3)).toEqual(['acl', 'lru-limit=5', 'noatime', 'ro']);
  });
  test.each(['my dir', 'a*', 'a:b', "a'b", 'a"b', 'a\\b', 'a?b', 'a[b]', '$(x)', 'a;b'])(
    'refuses the directory %p, which mount.glusterfs would take apart',
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
  test('is what was asked for, whichever server answered', () => {
    expect(glusterfsMismatch(asked, entry)).toBeUndefined();
  });
  test.each([
    [{ type: 'ext4' }, /gluster1:\/gv0 of type ext4/],
    [{ source: 'gluster1:/gv01' }, /gluster1:\/gv01/],
    [{ source: 'gluster2:/gv0' }, /gluster2:\/gv0/],
    [{ root: '/team-a' }, /unmount it, then repeat/],
    [{ options: ['ro', 'relatime'] }, /without rw/],
  ])('is not with %p', (found, message) => {
    expect(glusterfsMismatch(asked, { ...entry, ...found })).toMatch(message);
  });
  test('must have the flags that were asked for', () => {
    const options = ['nodev', 'noatime', 'acl'];
    const strict = glusterfsMount(parts, { ...base, access: 'read-only', options });
    expect(glusterfsMismatch(strict, entry)).toMatch(/without ro, noatime, nodev:/);
    expect(glusterfsMismatch(strict, { ...entry, options: ['ro', 'nodev', 'noatime'] })).toBeUndefined();
  });
});
