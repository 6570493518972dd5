import { describe, expect, test } from '@jest/globals';
import type { NfsShareParts } from '../../../src/backends/nfs/nfs-share.ts';
import type { ShareMount, WantedMount } from '../../../src/backends/shared/share/share.ts';
import { shareOf } from './share-of.ts';

function mountOf(wanted: Partial<WantedMount> = {}, parts: Partial<NfsShareParts> = {}): ShareMount {
  return shareOf(parts).mountOf({
    directory: '',
    access: 'read-write',
    options: [],
    sharing: 'shared',
    ...wanted,
  });
}

describe('what mount(8) is given', () => {
  test('by default is hard, tried once, and the newest version of NFS 4 that there is', () => {
    expect(mountOf()).toEqual({
      type: 'nfs',
      source: 'nfs.example:/srv/volumes',
      options: ['retry=0', 'vers=4', 'hard'],
    });
  });
  test.each([
    ['4.2', 'vers=4'],
    ['4.1', 'vers=4.1'],
    ['4.0', 'vers=4.0'],
    ['3', 'vers=3'],
  ] as const)('for version %s says %s', (version, option) => {
    expect(mountOf({}, { version }).options).toEqual(['retry=0', option, 'hard']);
  });
  test('has the security flavor that the settings name', () => {
    expect(mountOf({}, { sec: 'krb5p' }).options).toEqual(['retry=0', 'vers=4', 'sec=krb5p', 'hard']);
  });
  test("has the settings' options, and the volume's own in the place of those they contradict", () => {
    const parts = { mountOptions: ['nocto', 'soft', 'timeo=50'] };
    expect(mountOf({}, parts).options).toEqual(['retry=0', 'vers=4', 'soft', 'nocto', 'timeo=50']);
    const wanted = { options: ['hard', 'cto', 'vers=3', 'nolock'] };
    expect(mountOf(wanted, parts).options).toEqual([
      'retry=0',
      'vers=3',
      'hard',
      'cto',
      'timeo=50',
      'nolock',
    ]);
  });
  test('passes over the empty text that a volume without options has', () => {
    expect(mountOf({ options: [''] }).options).toEqual(mountOf().options);
  });
  test('shares no cache and no options when it is to stand alone', () => {
    expect(mountOf({ sharing: 'alone' }).options).toEqual(['retry=0', 'vers=4', 'hard', 'nosharecache']);
    const twice = mountOf({ sharing: 'alone' }, { mountOptions: ['nosharecache'] });
    expect(twice.options).toEqual(['retry=0', 'vers=4', 'hard', 'nosharecache']);
  });
  test('is read-only on request', () => {
    expect(mountOf({ access: 'read-only' }).options).toEqual(['retry=0', 'vers=4', 'hard', 'ro']);
  });
  test('names a directory of the export, also of the root and of a server with an IPv6 address', () => {
    const source = (directory: string, server: string, path: string) =>
      mountOf({ directory }, { address: { server, path } }).source;
    expect(source('a/b', 'nfs', '/srv')).toBe('nfs:/srv/a/b');
    expect(source('a', 'nfs', '/')).toBe('nfs:/a');
    expect(source('', 'nfs', '/')).toBe('nfs:/');
    expect(source('a', '2001:db8::7', '/srv')).toBe('[2001:db8::7]:/srv/a');
  });
});

describe('an export', () => {
  test('is named as mountinfo shows it, and its server as it is resolved', () => {
    const share = shareOf({ address: { server: '2001:db8::7', path: '/srv' } });
    expect([share.source, share.server]).toEqual(['[2001:db8::7]:/srv', '2001:db8::7']);
  });
  test('is asked at the port of its options', async () => {
    const asked: number[] = [];
    const network = {
      ask: async ({ port }: { readonly port: number }) => {
        asked.push(port);
        return new Uint8Array();
      },
    };
    const signal = AbortSignal.timeout(50);
    await shareOf({ network }).probe(undefined, signal);
    await shareOf({ network, mountOptions: ['port=2050'] }).probe(undefined, signal);
    expect(asked).toEqual([2049, 2050]);
  });
  test('is lost with a stale handle, and with nothing else', async () => {
    const lost = (code: string) => shareOf().isLost('/mnt', code);
    expect(await lost('ESTALE')).toBe(true);
    for (const code of ['ENOTCONN', 'EIO', 'ETIMEDOUT', 'EACCES', 'ENOENT'])
      expect(await lost(code)).toBe(false);
  });
});
