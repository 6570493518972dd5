import { describe, expect, test } from '@jest/globals';
import { nfsBackend } from '../../../src/backends/nfs/definition.ts';
import { createNfsKind } from '../../../src/backends/nfs/kind.ts';
import { nfsSettings } from '../../../src/backends/nfs/settings.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import { createFakeHost, createFakeState } from '../../fakes/fake-host.ts';
import { createFakeShare } from '../../fakes/fake-shares.ts';
import { answersNull } from '../share/null-answer.ts';

const kind = createNfsKind(
  { host: createFakeHost() },
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
  test("is the driver's own object where it is the driver's own, and one for all that name it", () => {
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
  ])('%p is none of the driver’s: what is listed, and where to list it, is said', (text) => {
    expect(() => kind.locate(text)).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(() => kind.locate(text)).toThrow(
      /is none of the driver's exports \(nfs\.example:\/srv\/volumes, media\.example:\/srv\/media, .*add its export to `shares`/,
    );
  });
  test.each([
    'nfs.example:/srv/volumes/.holdfast',
    'nfs.example:/srv/volumes/.holdfast/trash/a',
    'v4:/a/.holdfast/registry',
  ])('%p is Holdfast’s own, and never a volume', (text) => {
    expect(() => kind.locate(text)).toThrow(/is in Holdfast's own directory/);
  });
});

describe('risky mount options', () => {
  test('of the settings are logged when the driver starts, those of a volume when it is made', async () => {
    const state = createFakeState();
    state.shares.set('nfs.example:/srv/volumes', createFakeShare());
    state.servers.set('nfs.example:2049', answersNull);
    const events: unknown[] = [];
    const backend = nfsBackend.create({
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
    const signal = AbortSignal.timeout(5000);
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
