import { describe, expect, test } from '@jest/globals';
import { nfsBackend } from '../../../src/backends/nfs/definition.ts';
import { createNfsKind } from '../../../src/backends/nfs/kind.ts';
import { nfsSettings } from '../../../src/backends/nfs/settings.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import { createFakeHost, createFakeState } from '../../fakes/host/fake-host.ts';
import { createFakeShare } from '../../fakes/host/shares.ts';
import { openBackend } from '../../fakes/open-backend.ts';
import { answersNull } from '../shared/network-share/null-answer.ts';

const kind = createNfsKind(
  { host: createFakeHost(), placeOf: (key) => `\`${key}\`` },
  nfsSettings.parse({
    server: 'nfs.example',
    export: '/srv/volumes',
    shares: [
      'media.example:/srv/media',
      'media.example:/srv/media/films',
      'media.example:/srv/media',
      'v4:/',
      '[2001:db8::7]:/x',
    ],
  }),
);

describe('the export that a share option names', () => {
  test.each([
    ['media.example:/srv/media', 'media.example:/srv/media', ''],
    ['media.example:/srv/media/', 'media.example:/srv/media', ''],
    ['MEDIA.example:/srv/media/music/new', 'media.example:/srv/media', 'music/new'],
    ['media.example:/srv/media/films', 'media.example:/srv/media/films', ''],
    ['media.example:/srv/media/films/a', 'media.example:/srv/media/films', 'a'],
    ['media.example:/srv/media/films2', 'media.example:/srv/media', 'films2'],
    ['v4:/any/where', 'v4:/', 'any/where'],
    ['[2001:DB8:0::7]:/x/y', '[2001:db8::7]:/x', 'y'],
    ['nfs.example:/srv/volumes/legacy', 'nfs.example:/srv/volumes', 'legacy'],
  ])('%p is in %p, at %p', (text, source, directory) => {
    const place = kind.locate(text);
    expect([place.share.source, place.directory]).toEqual([source, directory]);
  });
  test("is one object for all volumes, and the driver's own for its own export", () => {
    expect(kind.locate('nfs.example:/srv/volumes/a').share).toBe(kind.home);
    expect(kind.locate('media.example:/srv/media/a').share).toBe(
      kind.locate('media.example:/srv/media').share,
    );
  });
  test.each([
    'media.example:/srv/media2',
    'media.example:/srv/mediafilms/a',
    'media.example:/srv',
    'media.example:/',
    'other.example:/srv/media',
    'nfs.example:/srv/volumes2/db',
    'nfs.example:/srv',
    '[2001:db8::8]:/x',
  ])('%p is not one of the driver’s: the message says which ones are, and where to add it', (text) => {
    expect(() => kind.locate(text)).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(() => kind.locate(text)).toThrow(
      /is not in one of the driver's exports \(nfs\.example:\/srv\/volumes, media\.example:\/srv\/media, .*add its export to `shares`/,
    );
  });
  test.each([
    'nfs.example:/srv/volumes/.holdfast',
    'nfs.example:/srv/volumes/.holdfast/trash/a',
    'v4:/a/.holdfast/registry',
  ])('%p belongs to Holdfast, and is never a volume', (text) => {
    expect(() => kind.locate(text)).toThrow(/is in Holdfast's own directory/);
  });
});

describe('risky mount options', () => {
  test('of the settings are logged when the driver starts, those of a volume at its creation', async () => {
    const state = createFakeState();
    state.shares.set('nfs.example:/srv/volumes', createFakeShare());
    state.servers.set('nfs.example:2049', answersNull);
    const events: unknown[] = [];
    const backend = openBackend(nfsBackend, {
      driver: 'shared',
      settings: { server: 'nfs.example', export: '/srv/volumes', mountOptions: ['soft'] },
      defaults: {},
      profiles: {},
      host: createFakeHost(state),
      workDir: '/folder/work',
      witnesses: new Map(),
      audit: () => undefined,
      log: { enabled: () => true, write: (level, event, fields) => events.push([level, event, fields]) },
    });
    const warning = expect.stringContaining('soft: ');
    expect(events).toEqual([['warn', 'risky-mount-option', { driver: 'shared', warning }]]);
    const signal = AbortSignal.timeout(100_000);
    await backend.create(backend.plan(parseVolumeName('calm'), {}), signal);
    await backend.create(backend.plan(parseVolumeName('db'), { nfsopts: 'proto=udp,hard' }), signal);
    await backend.close();
    expect(events.slice(1)).toEqual([
      [
        'warn',
        'risky-mount-option',
        { driver: 'shared', volume: 'db', warning: expect.stringContaining('proto=udp: ') },
      ],
    ]);
  });
});
