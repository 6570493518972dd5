import { describe, expect, test } from '@jest/globals';
import { readDisk } from '../../../../src/backends/ebs/ec2/answers.ts';
import { decodeRecord } from '../../../../src/backends/ebs/record/read-tags.ts';
import { encodeRecord } from '../../../../src/backends/ebs/record/tags.ts';
import { diskVolume } from '../disk/under-test.ts';

const volume = { VolumeId: 'vol-0123456789abcdef0', State: 'available' } as const;

describe('an answer about an EBS volume', () => {
  test('that has a tag twice is read as having neither, and the volume cannot be read', () => {
    const tags = encodeRecord({ driver: 'ebs', volume: diskVolume(), isBlank: true }, {});
    for (const [twice, value] of Object.entries(tags)) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const disk = readDisk({ ...volume, Tags: [...Tags, { Key: twice, Value: value }] });
      const record = decodeRecord(disk?.tags ?? {});
      if (twice.startsWith('holdfast:')) expect(record).toEqual({ reason: expect.stringContaining(twice) });
      else expect(record).toHaveProperty('value');
    }
  });
  test('with an attachment without a state is not read as stuck', () => {
    const disk = readDisk({ ...volume, Attachments: [{ InstanceId: 'i-1', Device: '/dev/xvdba' }] });
    expect(disk?.attachments).toEqual([{ instanceId: 'i-1', device: '/dev/xvdba', state: 'attaching' }]);
  });
});
