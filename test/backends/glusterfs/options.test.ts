import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { glusterfsOptions, optionsWithServers } from '../../../src/backends/glusterfs/options.ts';
import { VolumeError } from '../../../src/core/volume-error.ts';

const read = (options: Readonly<Record<string, string>>) => glusterfsOptions.read('Volume db', options);

describe('the option share', () => {
  test.each([
    ['gluster1:logs', 'gluster1:logs'],
    ['gluster1:/logs', 'gluster1:logs'],
    ['GLUSTER1:logs/', 'gluster1:logs'],
    ['gluster1:logs/web//a/.', 'gluster1:logs/web/a'],
    ['gluster1:/logs/web', 'gluster1:logs/web'],
    ['store1,store2:logs', 'store1,store2:logs'],
    ['10.0.0.5:Logs_1/a b', '10.0.0.5:Logs_1/a b'],
    ['[FD00::0:1]:logs', '[fd00::1]:logs'],
    ['gluster1:logs/a:b', 'gluster1:logs/a:b'],
  ])('reads %p as %p', (text, address) => {
    expect(read({ share: text })).toEqual({ share: address });
    expect(read({ share: address })).toEqual({ share: address });
  });
  test('is called voluri by sapk', () => {
    expect(read({ voluri: 'gluster1:logs' })).toEqual({ share: 'gluster1:logs' });
  });
  test.each([
    ['logs', /server:volume/],
    ['/logs', /server:volume/],
    [':logs', /server:volume/],
    ['gluster1:', /server:volume/],
    ['gluster1:/', /server:volume/],
    ['gluster1:a b', /not the name of a Gluster volume/],
    ['gluster1:snaps/x', /not the name of a Gluster volume/],
    ['-s:logs', /not a valid server/],
    ['gluster1,:logs', /not a valid server/],
    ['10.0.0:logs', /not a valid server/],
    [`${'a'.repeat(63)}:logs`, /at most 62/],
    ['gluster1:logs/..', /"\.\."/],
    ['gluster1:logs/a/../../b', /"\.\."/],
    ['gluster1:logs/.holdfast', /Holdfast's own/],
  ])('refuses %p', (text, message) => {
    expect(() => read({ share: text })).toThrow(message);
    expect(() => read({ share: text })).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});

describe('the option mountOptions', () => {
  test.each([
    ['acl', 'acl'],
    ['noatime, acl', 'acl,noatime'],
    ['lru-limit=0100,ACL', 'acl,lru-limit=100'],
    ['use-readdirp=no', 'use-readdirp=off'],
    ['direct-io-mode=enable', 'direct-io-mode=on'],
    ['direct-io-mode=auto', 'direct-io-mode=auto'],
    ['fopen-keep-cache=true', 'fopen-keep-cache'],
    ['xlator-option=*client*.ping-timeout=10', 'xlator-option=*client*.ping-timeout=10'],
    ['oom-score-adj=-500', 'oom-score-adj=-500'],
    ['acl,acl', 'acl'],
    ['rw,defaults,auto,nouser,acl', 'acl'],
    ['--acl --lru-limit=1000', 'acl,lru-limit=1000'],
    ['--fuse-mountopts=noatime,nodev', 'noatime,nodev'],
    ['  --use-readdirp=no   --acl ', 'acl,use-readdirp=off'],
  ])('reads %p as %p', (text, options) => {
    expect(read({ mountOptions: text })).toEqual({ mountOptions: options });
    expect(read({ glusteropts: options })).toEqual({ mountOptions: options });
  });
  test.each([
    ['ro', /option readOnly/],
    ['backup-volfile-servers=a:b', /"backup-volfile-servers".*driver's settings/],
    ['log-file=/etc/passwd', /logDir/],
    ['log-level=DEBUG', /logLevel/],
    ['subdir-mount=a', /share=server:volume/],
    ['dump-fuse=/etc/cron.d/x', /writes to any given file/],
    ['auto_unmount', /dead mount must stay/],
    ['_netdev', /fstab/],
    ['relatime', /does not mount/],
    ['aclx', /Did you mean "acl"/],
    ['vers=3', /not an option of mount\.glusterfs/],
    ['acl=no', /takes no value/],
    ['lru-limit', /needs a value: give a value such as lru-limit=1000/],
    ['lru-limit=many', /cannot be "many"/],
    ['reader-thread-count=65', /cannot be "65"/],
    ['xlator-option=a b', /cannot be "a b"/],
    ['xlator-option=*.page-size=/etc/passwd', /cannot be/],
    ['aux-gfid-mount', /outside of the directory/],
    ['xlator-option=*.x=$(reboot)', /cannot be/],
    ['xlator-option=*client*.remote-host=192.0.2.7', /"remote-host" leads to other servers or files/],
    ['xlator-option=gv0-client-0.remote-port=4711', /"remote-port" leads/],
    ['xlator-option=*.REMOTE-SUBVOLUME=/b/other', /"remote-subvolume" leads/],
    ['xlator-option=*client*.transport-type=unix', /"transport-type" leads/],
    ['xlator-option=*io-stats*.ios-dump-path=/etc/x', /"ios-dump-path" leads/],
    ['--xlator-option=*client*.remote-host=192.0.2.7', /"remote-host" leads/],
    ['server-port=4711', /driver's settings/],
    ['volfile-server-port=4711', /driver's settings/],
    ['transport=rdma', /driver's settings/],
    ['context="x"', /cannot be/],
    ['lru-limit=1,lru-limit=2', /contradict/],
    ['--logger=syslog', /logDir/],
    ['--acl store1', /"store1" is not an option/],
    ['--xlator-option=a.b=c,d', /is not an option/],
    ['-s store1 --acl', /driver's settings/],
  ])('refuses %p', (text, message) => {
    expect(() => read({ mountOptions: text })).toThrow(message);
    expect(() => read({ mountOptions: text })).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
  test.each([
    ['--volfile-server=store1 --volfile-id=abc --subdir-mount=/sub', 'share=store1:abc/sub'],
    ['-s store1 --volfile-id=/abc', 'share=store1:abc'],
    ['--subdir-mount=sub', 'share=server:volume/sub'],
  ])('says how to write %p', (text, share) => {
    expect(() => read({ glusterfsopts: text })).toThrow(share);
  });
});

describe('the option servers', () => {
  test('names servers of the settings, and has no effect', () => {
    const table = optionsWithServers(['gluster1', 'gluster2', 'fd00::1'], '`servers`');
    expect(table.read('Volume db', { servers: 'GLUSTER2, gluster1,' })).toEqual({
      servers: 'gluster2,gluster1',
    });
    expect(table.read('Volume db', { servers: '[fd00:0::1]' })).toEqual({ servers: 'fd00::1' });
    expect(() => table.read('Volume db', { servers: 'gluster1,store9' })).toThrow(
      /db, option servers: store9 is not one of the driver's servers \(gluster1, gluster2, fd00::1\)/,
    );
    expect(() => table.read('Volume db', { servers: ',' })).toThrow(/No server is named/);
  });
  test('is checked for its format if the settings are unknown', () => {
    expect(read({ servers: 'store9' })).toEqual({ servers: 'store9' });
    expect(() => read({ servers: '-x' })).toThrow(/not a valid server/);
  });
});

test('any option is parsed to a stable spelling, or refused as invalid', () => {
  const names = fc.constantFrom('share', 'voluri', 'mountOptions', 'glusteropts', 'servers');
  const words = fc.constantFrom(
    '--acl',
    'acl',
    'a:gv0',
    ',',
    '=',
    '/',
    '..',
    ':',
    ' ',
    '[::1]',
    '-s ',
    'lru-limit=1',
  );
  const values = fc.oneof(
    fc.string(),
    fc.array(words).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(names, values, (name, value) => {
      try {
        const once = read({ [name]: value });
        expect(read(once)).toEqual(once);
      } catch (error) {
        expect(error).toBeInstanceOf(VolumeError);
        expect(error).toMatchObject({ code: 'invalid' });
      }
    }),
  );
});
