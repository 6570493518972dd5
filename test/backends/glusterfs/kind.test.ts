import { describe, expect, test } from '@jest/globals';
import { createGlusterfsKind } from '../../../src/backends/glusterfs/kind.ts';
import { glusterfsSettings } from '../../../src/backends/glusterfs/settings.ts';
import { createFakeHost } from '../../fakes/host/fake-host.ts';

const kind = createGlusterfsKind(
  { driver: 'shared', host: createFakeHost(), placeOf: (key) => `\`${key}\`` },
  glusterfsSettings.parse({
    servers: ['gluster1', 'gluster2'],
    volume: 'gv0',
    shares: ['gluster1:logs', 'store7,store8:gv0', 'store7:media'],
    onRemove: 'retain',
    trashRetention: '2h',
  }),
);
const placeOf = (text: string) => {
  const { share, directory } = kind.locate(text);
  return [share.source, directory];
};
const backupsOf = (text: string) =>
  kind
    .locate(text)
    .share.mountOf({ directory: '', access: 'read-write', options: [], sharing: 'shared' })
    .options.find((option) => option.startsWith('backup-volfile-servers='));

describe('the shares of a driver', () => {
  test('are its own Gluster volume and those in its settings', () => {
    expect(kind.home.source).toBe('gluster1:/gv0');
    expect(placeOf('gluster1:gv0/legacy')).toEqual(['gluster1:/gv0', 'legacy']);
    expect(placeOf('gluster2:gv0')).toEqual(['gluster1:/gv0', '']);
    expect(placeOf('gluster1:logs/web')).toEqual(['gluster1:/logs', 'web']);
    expect(placeOf('store8:gv0/x')).toEqual(['store7:/gv0', 'x']);
    expect(placeOf('store8,store7:gv0')).toEqual(['store7:/gv0', '']);
  });
  test('are the same in any spelling', () => {
    expect(kind.locate('gluster2:gv0/a').share).toBe(kind.home);
    expect(kind.locate('gluster1:logs/a').share).toBe(kind.locate('gluster2:logs').share);
  });
  test('do not wait for each other', () => {
    const servers = ['gluster1:gv0', 'gluster1:logs', 'store7:gv0', 'store7:media'].map(
      (text) => kind.locate(text).share.server,
    );
    expect(new Set(servers).size).toBe(4);
  });
  test('of the same cluster are mounted from any of its servers', () => {
    expect(backupsOf('gluster1:logs')).toBe('backup-volfile-servers=gluster2');
    expect(backupsOf('store7:gv0')).toBe('backup-volfile-servers=store8');
    expect(backupsOf('store7:media')).toBeUndefined();
  });
  test.each(['gluster1:log', 'gluster1:logs2/web', 'gluster3:gv0', 'store7:logs', 'gluster1,store7:gv0'])(
    'do not include %p',
    (text) => {
      expect(() => kind.locate(text)).toThrow(expect.objectContaining({ code: 'invalid' }));
      expect(() => kind.locate(text)).toThrow(
        /gluster1,gluster2:gv0; gluster1,gluster2:logs; store7,store8:gv0; store7:media\): add its volume to `shares`/,
      );
    },
  );
  test('accept the servers of all of them in the option servers', () => {
    expect(kind.table.read('Volume db', { servers: 'store8,gluster1' })).toEqual({
      servers: 'store8,gluster1',
    });
    expect(() => kind.table.read('Volume db', { servers: 'store9' })).toThrow(/store9/);
  });
  test('have the removal mode of the settings', () => {
    expect([kind.onRemove, kind.retention]).toEqual(['retain', 7_200_000]);
  });
});
