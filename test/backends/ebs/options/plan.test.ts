import { describe, expect, test } from '@jest/globals';
import { ebsOptions } from '../../../../src/backends/ebs/options/options.ts';
import { builtInOptions, fitOptions } from '../../../../src/backends/ebs/options/plan.ts';
import { completeOptions, readSources } from '../../../../src/backends/shared/options/complete-options.ts';
import type { Options } from '../../../../src/core/volume.ts';

interface Sources {
  readonly defaults?: Options;
  readonly profiles?: Readonly<Record<string, Options>>;
  readonly kmsKeyId?: string;
}

function plan(given: Options, { defaults = {}, profiles = {}, kmsKeyId }: Sources = {}): Options {
  const sources = readSources(ebsOptions, builtInOptions({ kmsKeyId }), defaults, profiles);
  return fitOptions('Volume db', completeOptions(ebsOptions, sources, 'Volume db', given));
}

function refusal(given: Options, sources?: Sources): string {
  try {
    return `was planned as ${JSON.stringify(plan(given, sources))}`;
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid' });
    return error instanceof Error ? error.message : String(error);
  }
}

const fresh = { fsType: 'ext4', rootPath: 'data', uid: '0', gid: '0', mode: '0755', readOnly: 'false' };

describe('the plan of a volume', () => {
  test('rules 9 and 34: is gp3 with 16 GiB and ext4 by default', () => {
    expect(plan({})).toEqual({ ...fresh, type: 'gp3', size: '16GiB' });
  });

  test('does not record overwriteFS=false', () => {
    expect(plan({ overwriteFS: 'false' })).not.toHaveProperty('overwriteFS');
  });

  describe('rule 9: minimum and maximum values', () => {
    test.each([
      [{ type: 'gp3', size: '1', iops: '3000' }],
      [{ type: 'gp3', size: '10', iops: '5000' }],
      [{ type: 'gp3', size: '160', iops: '80000', throughput: '2000' }],
      [{ type: 'gp3', size: '65536' }],
      [{ type: 'gp3', throughput: '750' }],
      [{ type: 'io1', size: '10', iops: '500' }],
      [{ type: 'io1', size: '4', iops: '100' }],
      [{ type: 'io2', size: '10', iops: '10000' }],
      [{ type: 'io2', size: '65536', iops: '256000' }],
      [{ type: 'st1', size: '125' }],
      [{ type: 'standard', size: '1024' }],
    ])('%p is accepted', (given) => {
      expect(plan(given)).toMatchObject({ type: given.type });
    });
    test.each([
      [{ iops: '2999' }, 'from 3000 to 8000, not 2999'],
      [{ size: '1', iops: '3001' }, 'type gp3, size 1GiB has from 3000 to 3000, not 3001'],
      [{ size: '10', iops: '5001' }, 'from 3000 to 5000, not 5001'],
      [{ size: '1000', iops: '80001' }, 'from 3000 to 80000, not 80001'],
      [{ size: '65537' }, 'type gp3 has from 1 to 65536 GiB'],
      [{ throughput: '124' }, 'from 125 to 750 MiB/s, not 124'],
      [{ throughput: '751' }, 'from 125 to 750 MiB/s, not 751'],
      [{ iops: '4000', throughput: '1001' }, 'iops 4000 has from 125 to 1000 MiB/s'],
      [{ type: 'io1', size: '3' }, 'from 4 to 16384 GiB, not 3GiB'],
      [{ type: 'io1', size: '10', iops: '501' }, 'from 100 to 500, not 501'],
      [{ type: 'io2', size: '10', iops: '99' }, 'from 100 to 10000, not 99'],
      [{ type: 'st1', size: '124' }, 'from 125 to 16384 GiB, not 124GiB'],
      [{ type: 'standard', size: '1025' }, 'from 1 to 1024 GiB'],
    ])('%p is refused', (given, message) => {
      expect(refusal(given)).toContain(message);
      expect(refusal(given)).toMatch(/^Volume db, option (size|iops|throughput): a volume of type /);
    });
    test('io1 and io2 get default IOPS, because EC2 has none', () => {
      expect(plan({ type: 'io1', size: '10' }).iops).toBe('500');
      expect(plan({ type: 'io2', size: '10' }).iops).toBe('3000');
      expect(plan({ type: 'gp3', size: '10' })).not.toHaveProperty('iops');
    });
    test('a type with a larger minimum size gets that size', () => {
      expect(plan({ type: 'sc1' }).size).toBe('125GiB');
    });
  });

  test('refuses iops and throughput for types where they cannot be chosen', () => {
    expect(refusal({ type: 'gp2', iops: '3000' })).toBe(
      'Volume db: iops cannot be combined with type=gp2: IOPS of gp2 cannot be chosen. Leave one of them out.',
    );
    expect(refusal({ type: 'io2', throughput: '500' })).toContain(
      'throughput cannot be combined with type=io2',
    );
    const defaults = { type: 'gp3', iops: '6000', throughput: '500' };
    expect(plan({ type: 'st1', size: '200' }, { defaults })).toEqual({
      ...fresh,
      type: 'st1',
      size: '200GiB',
    });
  });

  describe('rule 8: encryption', () => {
    test("the driver's key encrypts every new volume", () => {
      expect(plan({}, { kmsKeyId: 'alias/ours' })).toMatchObject({
        encrypted: 'true',
        kmsKeyId: 'alias/ours',
      });
    });
    test('a volume may have a key of its own, or none', () => {
      const sources = { kmsKeyId: 'alias/ours' };
      expect(plan({ kmsKeyId: 'alias/mine' }, sources)).toMatchObject({
        encrypted: 'true',
        kmsKeyId: 'alias/mine',
      });
      const open = plan({ encrypted: 'false' }, sources);
      expect(open).toMatchObject({ encrypted: 'false' });
      expect(open).not.toHaveProperty('kmsKeyId');
    });
    test('a key without encryption is a contradiction', () => {
      expect(refusal({ encrypted: 'false', kmsKeyId: 'alias/mine' })).toContain(
        'a key is for encrypted volumes',
      );
    });
    test("by default, the request says nothing: the account's default decides", () => {
      expect(plan({})).not.toHaveProperty('encrypted');
    });
  });

  describe('from a snapshot', () => {
    const snapshot = 'snap-0123456789abcdef0';
    test('rule 30: has its size, and no options of a new file system', () => {
      const planned = plan({ snapshot }, { defaults: { uid: '1000', mkfsOptions: '-i 8192' } });
      expect(planned).toEqual({ snapshot, type: 'gp3', fsType: 'ext4', rootPath: 'data', readOnly: 'false' });
    });
    test('may be larger, and of any type', () => {
      expect(plan({ snapshot, size: '50', type: 'io2' })).toMatchObject({ size: '50GiB', iops: '3000' });
      expect(plan({ snapshot, type: 'io2' })).toMatchObject({ iops: '3000' });
      expect(refusal({ snapshot, type: 'io1' })).toContain('option iops');
      expect(plan({ snapshot, type: 'io1', iops: '100' })).toMatchObject({ iops: '100' });
    });
    test('refuses options that only a new file system can have', () => {
      expect(refusal({ snapshot, mkfsOptions: '-i 8192', mode: '0700' })).toContain(
        `mkfsOptions, mode cannot be combined with snapshot=${snapshot}: its data is taken as it is`,
      );
    });
  });

  describe('that adopts', () => {
    const volumeId = 'vol-0123456789abcdef0';
    test('has no options of a new volume, even if they are in the defaults', () => {
      const defaults = { size: '10', type: 'io2', iops: '500', uid: '1000', availabilityZone: 'eu-1a' };
      const planned = plan(
        { volumeId, readOnly: 'true', fsType: 'xfs' },
        { defaults, kmsKeyId: 'alias/ours' },
      );
      expect(planned).toEqual({ volumeId, rootPath: 'data', readOnly: 'true', fsType: 'xfs' });
    });
    test('refuses options that only a new volume can have', () => {
      const given = {
        volumeId,
        size: '10',
        encrypted: 'true',
        snapshot: 'snap-0123456789abcdef0',
        mkfsOptions: '',
      };
      expect(refusal(given)).toContain(
        `size, encrypted, snapshot, mkfsOptions cannot be combined with volumeId=${volumeId}: an existing volume is taken as it is`,
      );
    });
  });

  test('takes the options of a profile over the defaults', () => {
    const sources = {
      defaults: { size: '10', type: 'gp2' },
      profiles: { fast: { type: 'io2', iops: '4000' } },
    };
    expect(plan({ profile: 'fast' }, sources)).toMatchObject({ type: 'io2', iops: '4000', size: '10GiB' });
  });
});
