import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Options, requireReadable, type Volume } from '../../../src/core/volume.ts';
import type { BackendTraits, BackendUnderTest } from '../../contract/backend/contract.ts';
import { type BackendSubject, createSubject, name } from '../../contract/backend/subject.ts';
import { directories, localOnFakeHost } from '../local/under-test.ts';
import { glusterKind, nfsKind, shareDirectories, shareOnFakeHost } from './network-share/under-test.ts';

interface Kind {
  readonly label: string;
  readonly traits: BackendTraits;
  /** Options whose value is a path. */
  readonly places: readonly string[];
  open(): Promise<BackendUnderTest>;
}

const kinds: readonly Kind[] = [
  {
    label: 'local',
    traits: directories,
    places: ['path', 'size', 'fsType', 'mode', 'uid', 'readOnly'],
    open: () => localOnFakeHost(),
  },
  ...[nfsKind, glusterKind].map((kind) => ({
    label: kind.name,
    traits: shareDirectories,
    places: ['subdir', 'path', 'share', 'mountOptions', 'isolation', 'create', 'mode', 'uid'],
    open: () => shareOnFakeHost(kind),
  })),
];

const evil = name('evil');
const escapes = [
  '../../../../../../../etc',
  '/etc',
  '/',
  '..',
  'a/../../etc',
  '.holdfast/trash',
  './/.holdfast',
  'nfs.example:/etc',
  'media.example:/srv/media/../../etc',
  'gluster1:media/../../etc',
  'gluster1:/media/..',
  '\0',
  '',
];

/** Records by another host, or by an earlier version. */
describe.each(kinds.map((kind) => [kind.label, kind] as const))('records of the backend %s', (_, kind) => {
  let subject: BackendSubject;
  let registry: string;
  let good: Volume;
  beforeEach(async () => {
    const underTest = await kind.open();
    subject = createSubject(kind.traits, underTest);
    good = await subject.create('good');
    registry = await registryOf(subject);
  });
  afterEach(async () => {
    await subject.backend.close();
    await subject.cleanUp();
  });
  const files = () => subject.underTest.host.files;
  const lookup = async () => {
    const found = await subject.backend.lookup(evil, subject.signal);
    return found && requireReadable(found);
  };
  const forged = (options: Options): Volume => ({ ...good, name: evil, id: 'fedcba9876543210', options });
  const record = (volume: Volume) => `${JSON.stringify({ format: 1, volume })}\n`;

  test('are read if and only if a Create accepts their options, with the same meaning', async () => {
    const option = fc.constantFrom(...kind.places);
    const value = fc.oneof(
      fc.constantFrom(...escapes),
      fc.constantFrom('a', 'x/y', '8MiB', 'volume', 'true', '0755'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(option, value, async (key, text) => {
        const volume = forged({
          ...good.options,
          ...(key === 'subdir' ? {} : { subdir: undefined }),
          [key]: text,
        } as Options);
        const options = Object.fromEntries(
          Object.entries(volume.options).filter(([, one]) => one !== undefined),
        );
        const planned = planOrRefusal(options);
        await files().writeText(`${registry}/evil.json`, record({ ...volume, options }), 'replace');
        const found = await lookup().catch((error) => error);
        if (planned === 'refused')
          expect(found).toMatchObject({ code: 'failed', message: expect.stringContaining('evil') });
        else expect([found.name, found.options?.[key]]).toEqual(['evil', planned[key]]);
      }),
      { numRuns: 300 },
    );
  });
  function planOrRefusal(options: Options): Options | 'refused' {
    try {
      return subject.backend.plan(evil, options).options;
    } catch {
      return 'refused';
    }
  }

  test('of a newer host of the same storage keep their name, and nothing is changed about them', async () => {
    const text = JSON.stringify({ format: 2, volume: { ...forged(good.options), layout: 'unknown' } });
    await files().writeText(`${registry}/evil.json`, text, 'replace');
    const newer = {
      code: 'failed',
      message: expect.stringContaining('a newer Holdfast wrote it, in format 2'),
    };
    expect([...(await subject.names())].sort()).toEqual(['evil', 'good']);
    await expect(lookup()).rejects.toMatchObject(newer);
    await expect(subject.create('evil')).rejects.toMatchObject(newer);
    expect(await files().readText(`${registry}/evil.json`)).toBe(text);
    await subject.write(good, 'text');
  });

  test.each(escapes)('with a place %j are refused in a record, a cache or the trash', async (place) => {
    const mounted = await subject.underTest.host.mounts.below('/');
    for (const key of kind.places.filter((one) => ['path', 'subdir', 'share'].includes(one))) {
      const { subdir: _, ...rest } = good.options;
      const volume = forged({ ...rest, [key]: place });
      // On a share, "/etc" is a directory of the share.
      if (planOrRefusal(volume.options) !== 'refused') continue;
      const trashed = {
        format: 1,
        volume,
        removedAt: good.createdAt,
        purgeAfter: good.createdAt,
        kept: 'trash',
      };
      await files().writeText(`${registry}/evil.json`, record(volume), 'replace');
      await files().writeText(
        `${registry}/../trash/evil~${volume.id}.json`,
        JSON.stringify(trashed),
        'replace',
      );
      expect(await subject.names()).toEqual(expect.arrayContaining(['good']));
      const acts = [
        lookup,
        () => subject.stage(volume),
        () => subject.backend.remove(volume, subject.signal),
        () => subject.backend.undelete({ volume, removedAt: good.createdAt }, subject.signal),
      ];
      for (const act of acts) await expect(act()).rejects.toMatchObject({ name: 'VolumeError' });
      expect(await subject.removed()).toEqual([]);
      await subject.backend.purge(subject.signal);
    }
    expect(await subject.underTest.host.mounts.below('/')).toEqual(mounted);
    expect(await files().facts('/etc')).toBeUndefined();
    await subject.write(good, 'text');
    expect(await subject.read(good)).toBe('text');
  });
});

async function registryOf({ underTest }: BackendSubject): Promise<string> {
  const [base] = await underTest.host.mounts.below('/folder/work');
  return `${base?.mountpoint ?? '/folder/volumes'}/.holdfast/registry`;
}
