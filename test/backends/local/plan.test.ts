import { describe, expect, test } from '@jest/globals';
import { localBackend } from '../../../src/backends/local/definition.ts';
import { silentLog } from '../../../src/core/log.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import type { Options, Volume } from '../../../src/core/volume.ts';
import { createFakeHost } from '../../fakes/host/fake-host.ts';
import { type OpeningInputs, openBackend } from '../../fakes/open-backend.ts';

function plan(options: Options, parts: Partial<OpeningInputs> = {}): Volume {
  const backend = openBackend(localBackend, {
    driver: 'holdfast',
    settings: { allowedRoots: ['/srv'] },
    defaults: {},
    profiles: {},
    host: createFakeHost(),
    workDir: '/work',
    witnesses: new Map(),
    audit: () => undefined,
    log: silentLog,
    ...parts,
  });
  return backend.plan(parseVolumeName('db'), options);
}

const owned = { uid: '0', gid: '0', mode: '0755', readOnly: 'false' };

describe('the plan of a local volume', () => {
  test('is a directory by default', () => {
    expect(plan({}).options).toEqual(owned);
  });
  test('is an image of ext4 with a size, or of xfs', () => {
    expect(plan({ size: '1g' }).options).toEqual({ ...owned, size: '1GiB', fsType: 'ext4' });
    expect(plan({ size: '1g', fsType: 'XFS' }).options.fsType).toBe('xfs');
  });
  test('is a limited directory with sizeMode=quota, and an image with sizeMode=image', () => {
    const quota = { ...owned, size: '1GiB', sizeMode: 'quota' };
    expect(plan({ size: '1g', sizeMode: 'QUOTA' }).options).toEqual(quota);
    expect(plan({ size: '1g', sizeMode: 'image' }).options).toEqual(plan({ size: '1g' }).options);
    const parts = { defaults: { sizeMode: 'quota', fsType: 'xfs' } };
    expect(plan({ size: '1g' }, parts).options).toEqual(quota);
    expect(plan({}, parts).options).toEqual(owned);
    expect(plan({ size: '1g', sizeMode: 'image' }, parts).options.fsType).toBe('xfs');
  });
  test('refuses sizeMode without a size, and with it what belongs to an image', () => {
    expect(() => plan({ sizeMode: 'quota' })).toThrow(/option sizeMode: it needs a size/);
    expect(() => plan({ size: '1g', sizeMode: 'quota', fsType: 'xfs' })).toThrow(
      /option fsType: with sizeMode=quota/,
    );
    expect(() => plan({ size: '1k', sizeMode: 'quota' })).toThrow(
      /option size: 1KiB is too small: give at least 64KiB/,
    );
    expect(() => plan({ size: '1g', sizeMode: 'advisory' })).toThrow(/sizeMode/);
  });
  test('is an existing directory with a path, also in the spelling of local-persist', () => {
    expect(plan({ mountpoint: '/srv/data/' }).options).toEqual({ path: '/srv/data', readOnly: 'false' });
  });
  test.each(['size', 'sizeMode', 'fsType', 'uid', 'gid', 'mode'])(
    'refuses %s together with a path',
    (name) => {
      const value = { fsType: 'ext4', mode: '0700', sizeMode: 'quota' }[name] ?? '1000';
      expect(() => plan({ path: '/srv/data', [name]: value })).toThrow(
        new RegExp(`db: ${name} cannot be combined with path`),
      );
    },
  );
  test('with a path, ignores defaults and profiles for new volumes', () => {
    const parts = { defaults: { uid: '5', size: '1g' }, profiles: { logs: { mode: '0700', fsType: 'xfs' } } };
    const adopted = plan({ path: '/srv/data', profile: 'logs' }, parts);
    expect(adopted.options).toEqual({ path: '/srv/data', readOnly: 'false' });
  });
  test('refuses an owner together with the path of a profile', () => {
    const profiles = { media: { path: '/srv/media' } };
    expect(plan({ profile: 'media' }, { profiles }).options.path).toBe('/srv/media');
    expect(() => plan({ profile: 'media', uid: '5' }, { profiles })).toThrow(
      /uid cannot be combined with path/,
    );
  });
  test('says which setting allows paths', () => {
    expect(() => plan({ path: '/srv/data' }, { settings: {} })).toThrow(/db.*\/srv\/data to `allowedRoots`/);
  });
  test.each(['/', '//', '/.', 'data', './data', '/srv/../etc', '/srv/data/..', '..'])(
    'refuses the path %p',
    (path) => {
      expect(() => plan({ path })).toThrow(expect.objectContaining({ code: 'invalid' }));
    },
  );
  test('refuses a file system without a size, and ignores that of the defaults', () => {
    expect(() => plan({ fsType: 'xfs' })).toThrow(
      /db, option fsType: it needs a size: add the option `size=/,
    );
    expect(plan({}, { defaults: { fsType: 'xfs' } }).options).toEqual(owned);
    expect(plan({ size: '1g' }, { defaults: { fsType: 'xfs' } }).options.fsType).toBe('xfs');
  });
  test.each([
    [{ size: '8388607' }, /at least 8MiB/],
    [{ size: '299MiB', fsType: 'xfs' }, /too small for xfs: give at least 300MiB/],
  ])('refuses %p', (options, message) => {
    expect(() => plan(options)).toThrow(message);
  });
  test('accepts the minimum sizes', () => {
    expect(plan({ size: '8MiB' }).options.size).toBe('8MiB');
    expect(plan({ size: '300MiB', fsType: 'xfs' }).options.size).toBe('300MiB');
  });
});

describe('the settings of the local backend', () => {
  test.each([
    [{ root: '/' }, /root.*"\/"/],
    [{ root: 'volumes' }, /root: "volumes" is not absolute/],
    [{ root: '/srv/../etc' }, /root.*".."/],
    [{ root: 7 }, /root/],
    [{ allowedRoots: ['/'] }, /allowedRoots: 0: The root directory/],
    [{ allowedRoots: '/srv' }, /allowedRoots/],
    [
      { root: '/data/volumes', requireMount: '/srv' },
      /requireMount: must be true, or the root \(\/data\/volumes\)/,
    ],
    [{ root: '/data/volumes', requireMount: '/dat' }, /requireMount/],
    [{ root: '/data/volumes', allowedRoots: ['/mnt'], requireMount: ['/data', '/mn'] }, /requireMount/],
    [{ onRemove: 'keep' }, /onRemove/],
    [{ trashRetention: '1 fortnight' }, /trashRetention.*duration/],
    [{ rooot: '/srv' }, /rooot/],
  ])('refuse %p', (settings, message) => {
    expect(() => plan({}, { settings })).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(() => plan({}, { settings })).toThrow(message);
  });
  test.each([
    {},
    { requireMount: true },
    { root: '/data/volumes', requireMount: '/data' },
    { allowedRoots: ['/mnt/usb/data'], requireMount: '/mnt/usb' },
    { root: '/data/volumes', allowedRoots: ['/mnt'], requireMount: ['/data', '/mnt/usb', '/mnt'] },
  ])('accept %p', (settings) => {
    expect(plan({}, { settings }).options).toEqual(owned);
  });
});
