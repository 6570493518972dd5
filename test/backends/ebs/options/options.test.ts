import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ebsOptions } from '../../../../src/backends/ebs/options/options.ts';
import type { Options } from '../../../../src/core/volume.ts';
import { VolumeError } from '../../../../src/core/volume-error.ts';

const read = (options: Options) => ebsOptions.read('Volume db', options);

describe('the options of an EBS volume', () => {
  test("rule 34: accept REX-Ray's spellings, which users know", () => {
    const written = {
      size: '10',
      volumeType: 'IO1',
      iops: '500',
      encrypted: 'true',
      encryptionKey: 'alias/volumes',
      availabilityZone: 'eu-central-1a',
      newFSType: 'xfs',
      overwriteFS: 'false',
    };
    expect(read(written)).toEqual({
      size: '10GiB',
      type: 'io1',
      iops: '500',
      encrypted: 'true',
      kmsKeyId: 'alias/volumes',
      availabilityZone: 'eu-central-1a',
      fsType: 'xfs',
      overwriteFS: 'false',
    });
  });
  test("accept Marathon's spellings", () => {
    expect(
      read({ size: '5', iops: '0100'.slice(1), volumetype: 'io1', newfstype: 'ext4', overwritefs: 'false' }),
    ).toEqual({ size: '5GiB', iops: '100', type: 'io1', fsType: 'ext4', overwriteFS: 'false' });
  });
  test("accept Convoy's spellings", () => {
    expect(read({ size: '20G', type: 'gp2', id: 'vol-0a1b2c3d' })).toEqual({
      size: '20GiB',
      type: 'gp2',
      volumeId: 'vol-0a1b2c3d',
    });
    expect(read({ backup: 'ebs://us-west-2/snap-ba3f1c22' })).toEqual({ snapshot: 'snap-ba3f1c22' });
  });

  test.each([
    ['10', '10GiB'],
    ['1024', '1TiB'],
    ['1.5TiB', '1536GiB'],
    ['2048M', '2GiB'],
  ])('size %p is %p', (text, size) => {
    expect(read({ size: text })).toEqual({ size });
    expect(read({ size })).toEqual({ size });
  });

  test.each([
    [{ size: '500MiB' }, /option size: "500MiB" is not a whole number of GiB: write 1GiB/],
    [{ size: '0' }, /option size: .* is not a size/],
    [{ type: 'gp4' }, /option type: "gp4" is not known: choose one of gp3, gp2/],
    [{ iops: 'many' }, /option iops: "many" is not a number/],
    [{ iops: '1e3' }, /is not a number/],
    [{ kmsKeyId: 'a b' }, /option kmsKeyId: "a b" is not a KMS key/],
    [{ snapshot: 'latest' }, /"latest" is not an EBS snapshot/],
    [{ volumeId: 'db' }, /"db" is not an EBS volume/],
    [{ zone: 'here!' }, /is not an availability zone/],
    [{ fsType: 'btrfs' }, /choose one of ext4, xfs/],
    [{ overwriteFS: 'true' }, /option overwriteFS: Holdfast never formats what may have data/],
    [{ overwritefs: '' }, /never formats/],
    [{ rootPath: '../etc' }, /"\.\."/],
    [{ mkfsOptions: '-d /etc' }, /is not an option of mkfs/],
    [{ mkfsOptions: '-i $(id)' }, /is not an option of mkfs/],
    [
      { mkfsOptions: '-d etc' },
      /"-d" is not an option of mkfs.ext4 that is passed on: those are -b, .*"etc" is not an option of mkfs.xfs/,
    ],
    [{ mkfsOptions: '-z undo' }, /"-z" is not an option/],
    [{ mkfsOptions: '-l badblocks' }, /is not an option/],
    [{ mkfsOptions: '-E offset=4096' }, /"offset=4096" is not an option of mkfs.ext4 for -E: it takes/],
    [{ mkfsOptions: '-E root_owner=0:0' }, /it takes/],
    [{ mkfsOptions: '-J device=sda' }, /it takes fast_commit_size, size/],
    [{ mkfsOptions: '-O journal_dev' }, /it takes 64bit/],
    [{ mkfsOptions: '-e panic' }, /write remount-ro/],
    [{ mkfsOptions: '-m 99' }, /write 1/],
    [{ mkfsOptions: '-n' }, /is not an option/],
    [{ mkfsOptions: '-S' }, /is not an option/],
    [{ mkfsOptions: '-t ext2' }, /is not an option/],
    [{ mkfsOptions: '-d file,name=x' }, /is not an option/],
    [{ mkfsOptions: '-d size=1' }, /is not an option/],
    [{ mkfsOptions: '-l logdev=sda' }, /is not an option/],
    [{ mkfsOptions: '-p proto' }, /is not an option/],
    [{ mkfsOptions: '-c options' }, /is not an option/],
    [{ mkfsOptions: '-r rtdev=sda' }, /is not an option/],
    [{ mkfsOptions: '8192' }, /is not an option/],
    [{ mkfsOptions: '-i' }, /"" is not an option/],
    [{ mountOptions: 'errors=panic' }, /"errors=panic" cannot be given: .*tune2fs -e/],
    [{ mountOptions: 'ERRORS=remount-ro' }, /cannot be given/],
    [{ mountOptions: 'usrjquota=aquota.user,jqfmt=vfsv0' }, /names a file/],
    [{ mountOptions: 'loop=/dev/loop0' }, /Holdfast decides/],
    [{ mountOptions: 'X-mount.mkdir' }, /\/etc\/fstab/],
    [{ mountOptions: 'context=system_u:object_r:x_t:s0' }, /the engine sets the labels/],
    [{ mountOptions: 'noload' }, /journal/],
    [{ mountOptions: 'nobarrier' }, /could be lost/],
    [{ mountOptions: 'data=writeback' }, /a value such as data=ordered/],
    [{ mountOptions: 'commit=9999999' }, /a value such as commit=30/],
    [{ mountOptions: 'noatme' }, /is not an option of ext4 or xfs.*Did you mean "noatime"/],
    [{ mountOptions: 'uhelper=sh' }, /runs a program/],
    [{ mountOptions: 'ro' }, /"ro" cannot be given: write the option readOnly/],
    [{ mountOptions: 'noatime,bind' }, /"bind" cannot be given: Holdfast decides/],
    [{ mountOptions: 'nofail' }, /\/etc\/fstab/],
    [{ mountOptions: 'x-systemd.automount' }, /\/etc\/fstab/],
    [{ mountOptions: 'logdev=/dev/sda' }, /another device/],
    [{ mountOptions: '-o' }, /is not a mount option/],
    [{ mountOptions: 'a=b c' }, /is not a mount option/],
    [{ preempt: 'dead' }, /choose one of force/],
    [{ volumetyp: 'gp3' }, /there is no option "volumetyp". Did you mean "volumeType"/],
    [{ size: '1', Size: '2' }, /the same option with different values/],
  ])('refuse %p', (options, message) => {
    expect(() => read(options)).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(() => read(options)).toThrow(message);
  });

  test.each([
    ['/', '/'],
    ['', '/'],
    ['/data/', 'data'],
    ['a//b/./c', 'a/b/c'],
  ])('rootPath %p is %p', (text, rootPath) => {
    expect(read({ rootPath: text })).toEqual({ rootPath });
  });

  test('keep mount options in their order, without duplicates', () => {
    expect(read({ mountOptions: ' noatime, discard,noatime,commit=30' })).toEqual({
      mountOptions: 'noatime,discard,commit=30',
    });
  });

  test('have one canonical spelling for any input', () => {
    const names = ebsOptions.specs
      .map(({ name }) => name)
      .filter((name) => name !== 'o' && name !== 'profile');
    const examples = ebsOptions.specs.map(({ example }) => example.split('=').slice(1).join('='));
    const value = fc.oneof(fc.constantFrom(...examples), fc.string());
    fc.assert(
      fc.property(fc.constantFrom(...names), value, (name, text) => {
        try {
          const once = read({ [name]: text });
          expect(read(once)).toEqual(once);
        } catch (error) {
          if (!(error instanceof VolumeError)) throw error;
          expect(error.code).toBe('invalid');
        }
      }),
    );
  });

  test('accept their own examples', () => {
    for (const { name, example } of ebsOptions.specs.filter((spec) => spec.name !== 'o')) {
      const [, value = ''] = /^[^=]*=(.*)$/.exec(example) ?? [];
      expect(Object.keys(read({ [name]: value }))).toEqual([name]);
    }
  });
});
