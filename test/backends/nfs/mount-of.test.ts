import { describe, expect, test } from '@jest/globals';
import type { NfsShareParts } from '../../../src/backends/nfs/share.ts';
import type { ShareMount, WantedMount } from '../../../src/backends/shared/network-share/share.ts';
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

describe('the arguments for mount(8)', () => {
  test('by default are a hard mount, one attempt, and the newest version of NFS 4', () => {
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
  ] as const)('for version %s are %s', (version, option) => {
    expect(mountOf({}, { version }).options).toEqual(['retry=0', option, 'hard']);
  });
  test('have the security flavor of the settings', () => {
    expect(mountOf({}, { sec: 'krb5p' }).options).toEqual(['retry=0', 'vers=4', 'sec=krb5p', 'hard']);
  });
  test("have the options of the settings, except those that the volume's own options replace", () => {
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
  test('ignore the empty string of a volume without options', () => {
    expect(mountOf({ options: [''] }).options).toEqual(mountOf().options);
  });
  test('for a separate mount, share no cache and no options', () => {
    expect(mountOf({ sharing: 'alone' }).options).toEqual(['retry=0', 'vers=4', 'hard', 'nosharecache']);
    const twice = mountOf({ sharing: 'alone' }, { mountOptions: ['nosharecache'] });
    expect(twice.options).toEqual(['retry=0', 'vers=4', 'hard', 'nosharecache']);
  });
  test('are read-only on request', () => {
    expect(mountOf({ access: 'read-only' }).options).toEqual(['retry=0', 'vers=4', 'hard', 'ro']);
  });
  test('name a directory of the export, also of `/` and of a server with an IPv6 address', () => {
    const source = (directory: string, server: string, path: string) =>
      mountOf({ directory }, { address: { server, path } }).source;
    expect(source('a/b', 'nfs', '/srv')).toBe('nfs:/srv/a/b');
    expect(source('a', 'nfs', '/')).toBe('nfs:/a');
    expect(source('', 'nfs', '/')).toBe('nfs:/');
    expect(source('a', '2001:db8::7', '/srv')).toBe('[2001:db8::7]:/srv/a');
  });
});

describe('the port of a mount', () => {
  const port = (options: readonly string[], mountOptions: readonly string[] = []) =>
    mountOf({ options }, { mountOptions }).options.filter((option) => option.startsWith('port='));
  test('is set by the driver, and may be repeated', () => {
    expect(port([])).toEqual([]);
    expect(port(['port=2049'])).toEqual(['port=2049']);
    expect(port(['port=2050'], ['port=2050'])).toEqual(['port=2050']);
    expect(port([], ['port=2050'])).toEqual(['port=2050']);
  });
  test.each([
    [['port=2050'], []],
    [['port=2049'], ['port=2050']],
    [['soft', 'port=1'], ['port=2050']],
  ])('cannot be changed by the options of a volume (%p over %p)', (options, settings) => {
    expect(() => port(options, settings)).toThrow(/leads to another server than the driver's.*mountOptions/);
    expect(() => port(options, settings)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});

describe('an export', () => {
  test('is named as in mountinfo, and its server as resolved', () => {
    const share = shareOf({ address: { server: '2001:db8::7', path: '/srv' } });
    expect([share.source, share.server]).toEqual(['[2001:db8::7]:/srv', '2001:db8::7']);
  });
  test('is checked at the port of its options', async () => {
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
  test('is lost with a stale file handle, and with no other error', async () => {
    const lost = (code: string) => shareOf().isLost('/mnt', code);
    expect(await lost('ESTALE')).toBe(true);
    for (const code of ['ENOTCONN', 'EIO', 'ETIMEDOUT', 'EACCES', 'ENOENT'])
      expect(await lost(code)).toBe(false);
  });
});
