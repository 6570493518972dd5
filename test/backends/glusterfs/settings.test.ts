import { describe, expect, test } from '@jest/globals';
import { glusterfsBackend } from '../../../src/backends/glusterfs/definition.ts';
import { glusterfsSettings } from '../../../src/backends/glusterfs/settings.ts';
import { driverVariables } from '../../../src/config/variables.ts';
import { readSettings } from '../../fakes/open-backend.ts';

const least = { servers: ['gluster1'], volume: 'gv0' };
const parse = (settings: Readonly<Record<string, unknown>>) => readSettings(glusterfsSettings, settings);

describe('the settings of the glusterfs backend', () => {
  test('need servers and a volume, and have defaults for the rest', () => {
    expect(parse(least)).toEqual({
      ...least,
      shares: [],
      mountOptions: [],
      logLevel: 'WARNING',
      logDir: '/var/log/glusterfs',
      onRemove: 'trash',
      trashRetention: 86_400_000,
    });
  });
  test('convert names and addresses to one spelling', () => {
    const servers = ['Gluster1.Example', '10.0.0.5', '[FD00::1]', 'fd00::2', 'gluster_3'];
    expect(parse({ ...least, servers }).servers).toEqual([
      'gluster1.example',
      '10.0.0.5',
      'fd00::1',
      'fd00::2',
      'gluster_3',
    ]);
  });
  test('accept mount options as a list or as one string', () => {
    expect(parse({ ...least, mountOptions: 'entry-timeout=1' }).mountOptions).toEqual(['entry-timeout=1']);
    const none = ['negative-timeout=0'];
    expect(parse({ ...least, mountOptions: none }).mountOptions).toEqual(none);
    const mountOptions = ['acl', 'lru-limit=1000'];
    expect(parse({ ...least, mountOptions: ['lru-limit=1000', 'acl'] }).mountOptions).toEqual(mountOptions);
    expect(parse({ ...least, mountOptions: 'lru-limit=1000, acl' }).mountOptions).toEqual(mountOptions);
  });
  test('accept other volumes, with several servers', () => {
    expect(parse({ ...least, shares: ['gluster1:logs', 'a,b:/media'] }).shares).toEqual([
      { servers: ['gluster1'], volume: 'logs' },
      { servers: ['a', 'b'], volume: 'media' },
    ]);
  });
  test.each([
    [{ volume: 'gv0' }, /servers/],
    [{ servers: ['gluster1'] }, /volume/],
    [{ ...least, servers: [] }, /servers: name at least one server/],
    [{ ...least, servers: 'gluster1' }, /servers/],
    [{ ...least, servers: ['gluster1:24007'] }, /servers: 0: "gluster1:24007" is not a valid server/],
    [{ ...least, servers: ['a b'] }, /not a valid server/],
    [{ ...least, servers: ['10.1'] }, /not a valid server/],
    [{ ...least, servers: ['gluster1.'] }, /not a valid server/],
    [{ ...least, servers: ['fe80::1%eth0'] }, /not a valid server/],
    [
      { ...least, servers: ['x'.repeat(63)] },
      /not a valid server: give a host name of at most 62 characters/,
    ],
    [{ ...least, volume: 'gv0/dir' }, /volume: "gv0\/dir" is not the name/],
    [{ ...least, shares: ['logs'] }, /shares: 0: "logs" does not name a Gluster volume/],
    [{ ...least, shares: ['gluster1:logs/web'] }, /names a directory/],
    [{ ...least, mountOptions: ['ro'] }, /mountOptions: "ro" cannot be given/],
    [{ ...least, mountOptions: 'entry-timeout=600' }, /would keep this host from seeing.*at most 1/],
    [{ ...least, mountOptions: 'acl,attribute-timeout=1.5' }, /"attribute-timeout=1.5" would keep/],
    [{ ...least, mountOptions: 'negative-timeout=5' }, /would keep this host from seeing/],
    [{ ...least, mountOptions: 'negative-timeout=0.5' }, /would keep this host from seeing.*at most 0/],
    [{ ...least, mountOptions: 7 }, /must be a list of options/],
    [{ ...least, logLevel: 'LOUD' }, /logLevel/],
    [{ ...least, logDir: '/var/log/my logs' }, /logDir.*mount\.glusterfs/],
    [{ ...least, logDir: '/var/log,ro' }, /logDir/],
    [{ ...least, logDir: 'log' }, /logDir.*absolute/],
    [{ ...least, server: 'gluster1' }, /server/],
  ])('refuse %p', (settings, message) => {
    expect(() => parse(settings)).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(() => parse(settings)).toThrow(message);
  });
  test('can be given by environment variables, servers as a list', () => {
    const variables = driverVariables('shared', glusterfsBackend);
    const kindOf = (name: string) => variables.find((variable) => variable.name === name)?.kind;
    expect(kindOf('HOLDFAST_DRIVERS_SHARED_SETTINGS_SERVERS')).toBe('list');
    expect(kindOf('HOLDFAST_DRIVERS_SHARED_SETTINGS_VOLUME')).toBe('text');
    expect(kindOf('HOLDFAST_DRIVERS_SHARED_SETTINGS_MOUNT_OPTIONS')).toBe('text');
    expect(kindOf('HOLDFAST_DRIVERS_SHARED_SETTINGS_SHARES')).toBe('list');
  });
});
