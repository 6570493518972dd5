import { describe, expect, test } from '@jest/globals';
import { ebsSettings } from '../../../../src/backends/ebs/options/settings.ts';
import { readSettings } from '../../../fakes/open-backend.ts';

const parse = (settings: Readonly<Record<string, unknown>>) => readSettings(ebsSettings, settings);

describe('the settings of an EBS driver', () => {
  test('may be empty on an EC2 instance', () => {
    expect(parse({})).toEqual({
      metadataEndpoint: 'http://169.254.169.254',
      tags: {},
      onRemove: 'trash',
      trashRetention: 86_400_000,
      finalSnapshot: false,
      preempt: 'dead',
      witnesses: [],
      linger: 0,
    });
  });
  test('may contain everything', () => {
    const settings = {
      region: 'eu-central-1',
      availabilityZone: 'eu-central-1a',
      instanceId: 'i-0123456789abcdef0',
      endpoint: 'http://127.0.0.1:4566/',
      metadataEndpoint: 'http://127.0.0.1:1338',
      tags: { team: 'a', costs: 42, billed: true },
      kmsKeyId: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd',
      onRemove: 'retain',
      trashRetention: '7d',
      finalSnapshot: true,
      preempt: 'force',
      linger: '30s',
      attachLimit: 20,
    };
    expect(parse(settings)).toMatchObject({
      endpoint: 'http://127.0.0.1:4566',
      tags: { team: 'a', costs: '42', billed: 'true' },
      linger: 30_000,
    });
  });
  test.each([
    [{ region: 'EU' }, /region: must be a region/],
    [{ instanceId: 'host-1' }, /instanceId: must be an instance ID/],
    [{ endpoint: 'ftp://x' }, /endpoint: must be a URL/],
    [{ endpoint: 'localhost' }, /endpoint: must be a URL/],
    [{ tags: { 'aws:x': 'y' } }, /AWS reserves `aws:`/],
    [{ tags: { 'AWS:x': 'y' } }, /"AWS:x" cannot be used: AWS reserves/],
    [{ tags: { 'holdfast:name': 'y' } }, /tags: "holdfast:name" cannot be used: Holdfast reserves/],
    [{ tags: { x: 'y'.repeat(257) } }, /tags: x/],
    [{ tags: { ['k'.repeat(129)]: 'v' } }, /must have 1 to 128 characters/],
    [
      { tags: Object.fromEntries(Array.from({ length: 39 }, (_, at) => [`k${at}`, 'v'])) },
      /tags: must be at most 36/,
    ],
    [{ kmsKeyId: 'a b' }, /kmsKeyId: .* is not a KMS key/],
    [{ preempt: 'always' }, /preempt/],
    [{ linger: 'long' }, /linger: .* is not a duration/],
    [{ attachLimit: 0 }, /attachLimit/],
    [{ zone: 'eu-1a' }, /zone/],
  ])('refuse %p', (settings, message) => {
    expect(() => parse(settings)).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(() => parse(settings)).toThrow(message);
  });
});
