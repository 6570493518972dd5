import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ebsOptions } from '../../src/backends/ebs/options/options.ts';
import { glusterfsOptions } from '../../src/backends/glusterfs/options.ts';
import { localOptions } from '../../src/backends/local/options.ts';
import { flagPlaces, valuedOptions } from '../../src/backends/nfs/known-mount-options.ts';
import { nfsOptions } from '../../src/backends/nfs/options.ts';
import type { Options } from '../../src/core/volume.ts';
import { mistyped } from '../core/mistyped.ts';

/** Options of Docker's driver `local`, as in Docker's documentation and under `driver_opts` in Compose. */
const bind = { type: 'none', o: 'bind', device: '/srv/data' };
const nfs = { type: 'nfs', o: 'addr=192.168.1.1,rw', device: ':/path/to/dir' };
const tmpfs = { type: 'tmpfs', device: 'tmpfs', o: 'size=100m,uid=1000' };

describe("the options of Docker's own local driver for a directory of the host", () => {
  const read = (options: Options) => localOptions.read('Volume db', options);
  test.each<[Options, Options]>([
    [bind, { path: '/srv/data' }],
    [{ o: 'bind', device: '/srv/data' }, { path: '/srv/data' }],
    [
      { ...bind, type: 'bind', o: 'bind,ro' },
      { path: '/srv/data', readOnly: 'true' },
    ],
    [
      { ...bind, o: 'rw,bind,defaults' },
      { path: '/srv/data', readOnly: 'false' },
    ],
    [{ path: '/srv/data', o: 'bind' }, { path: '/srv/data' }],
  ])('%p mean a path', (written, meant) => {
    expect(read(written)).toEqual(meant);
  });
  test.each<[Options, RegExp]>([
    [{ ...bind, o: 'rbind' }, /"rbind" cannot be given: what is mounted below/],
    [{ ...bind, device: 'srv/data' }, /option path: "srv\/data" is not absolute/],
    [{ ...bind, o: 'bind,noatime' }, /there is no option "noatime"\. The options are/],
    [tmpfs, /type "tmpfs".* memory is lost with its last container.*give the container a tmpfs/],
    [nfs, /type "nfs" with device ":\/path\/to\/dir" is not for this driver: .*`nfs` backend/],
    [{ type: 'ext4', device: '/dev/sdb1' }, /mount the disk on the host.*the option `path=DIRECTORY`/],
    [{ type: 'cifs', device: '//host/share', o: 'username=x' }, /no backend mounts that.*`local`/],
  ])('%p are refused with the way out', (written, message) => {
    expect(() => read(written)).toThrow(message);
    expect(() => read(written)).toThrow(/^Volume db/);
    expect(() => read(written)).not.toThrow(/Did you mean/);
  });
  test('a `type` that names a file system, without a device, is a mistyped fsType', () => {
    expect(() => read({ type: 'ext4', size: '1GiB' })).toThrow(/Did you mean "fsType"/);
    expect(() => read({ type: 'gp3' })).not.toThrow(/Did you mean/);
  });
});

describe("the options of Docker's own local driver for an export", () => {
  const read = (options: Options) => nfsOptions.read('Volume db', options);
  test.each<[Options, Options]>([
    [nfs, { share: '192.168.1.1:/path/to/dir', readOnly: 'false' }],
    [
      { type: 'nfs', o: 'addr=10.0.0.10,nolock,soft,rw', device: ':/docker/example' },
      { share: '10.0.0.10:/docker/example', readOnly: 'false', mountOptions: 'nolock,soft' },
    ],
    [
      { type: 'nfs', o: 'addr=nfs.example,nfsvers=4.1,ro,hard', device: 'nfs.example:/a' },
      { share: 'nfs.example:/a', readOnly: 'true', mountOptions: 'hard,vers=4.1' },
    ],
    [
      { type: 'nfs4', o: 'addr=fd00::1', device: ':/a' },
      { share: '[fd00::1]:/a', mountOptions: 'vers=4.2' },
    ],
    [
      { type: 'nfs4', o: 'addr=h,vers=4.0', device: ':/a' },
      { share: 'h:/a', mountOptions: 'vers=4.0' },
    ],
    [{ type: 'nfs', device: 'h:/a' }, { share: 'h:/a' }],
    [{ device: 'h:/a' }, { share: 'h:/a' }],
  ])('%p mean a share', (written, meant) => {
    expect(read(written)).toEqual(meant);
  });
  test.each<[Options, RegExp]>([
    [
      { type: 'nfs', device: ':/a' },
      /option share: ":\/a" does not name a server: write it as server:\/export/,
    ],
    [{ type: 'nfs', o: 'addr=h' }, /needs a device: add the option `device=SERVER:PATH`/],
    [{ type: 'nfs', o: 'addr=h', device: 'g:/a' }, /names another server than addr=h.*write device=:\/a/],
    [{ type: 'nfs', o: 'addr=h,sfot', device: ':/a' }, /"sfot" is not an option of nfs.*did you mean "soft"/],
    [bind, /"bind" with device "\/srv\/data" is not for this driver: .*`local` backend/],
    [tmpfs, /memory is lost/],
  ])('%p are refused with the way out', (written, message) => {
    expect(() => read(written)).toThrow(message);
  });
  test('if two servers are given, the error suggests the one that the kernel would use', () => {
    expect(read({ type: 'nfs', o: 'addr=h', device: ':/a' })).toEqual({ share: 'h:/a' });
  });
});

test("the options of Docker's own local driver for a Gluster volume mean a share", () => {
  const read = (options: Options) => glusterfsOptions.read('Volume db', options);
  expect(read({ type: 'glusterfs', device: 'g1:/gv0', o: 'acl,ro' })).toEqual({
    share: 'g1:gv0',
    readOnly: 'true',
    mountOptions: 'acl',
  });
  expect(() => read(nfs)).toThrow(/`nfs` backend/);
});

test.each<[Options, RegExp]>([
  [bind, /`local` backend/],
  [nfs, /`nfs` backend/],
  [tmpfs, /give the container a tmpfs/],
])('an EBS driver refuses %p', (written, message) => {
  expect(() => ebsOptions.read('Volume db', written)).toThrow(message);
});

test('for a mistyped option of nfs(5), the error suggests that option or none', () => {
  const words = [...flagPlaces.keys(), ...valuedOptions.keys()];
  fc.assert(
    fc.property(mistyped(fc.constantFrom(...words)), ({ meant, typed }) => {
      try {
        nfsOptions.read('Volume db', { mountOptions: typed });
      } catch (error) {
        const advised = /did you mean "([^"]*)"/.exec(String(error))?.[1];
        if (advised !== undefined) expect(advised).toBe(meant);
      }
    }),
    { numRuns: 3000 },
  );
});
