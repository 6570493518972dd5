import { describe, expect, test } from '@jest/globals';
import { bracketed, serverName } from '../../../../../src/backends/shared/network-share/server/name.ts';

const invalid = expect.objectContaining({ code: 'invalid' });

describe('a server', () => {
  test.each([
    ['nfs.example', 'nfs.example'],
    ['NFS.Example', 'nfs.example'],
    ['nfs.example.', 'nfs.example.'],
    ['nfs_1', 'nfs_1'],
    ['n', 'n'],
    ['4you.example', '4you.example'],
    ['192.0.2.7', '192.0.2.7'],
    ['2001:DB8:0:0::7', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['::1', '::1'],
    ['::ffff:192.0.2.7', '::ffff:c000:207'],
    ['FE80::1%eth0', 'fe80::1%eth0'],
  ])('%p is written as %p', (text, spelled) => {
    expect(serverName(text)).toBe(spelled);
    expect(serverName(spelled)).toBe(spelled);
  });
  test.each([
    '',
    ' ',
    'nfs example',
    '-o',
    'nfs-',
    'a..b',
    'nfs.example:2049',
    'a/b',
    '10.1',
    '10.0.0.300',
    '017.1.1.1',
    '0x7f.1',
    '[192.0.2.7]',
    '[nfs.example]',
    '2001:db8::7::1',
    '[2001:db8::7',
    'x'.repeat(254),
    'nfs\n',
  ])('is not %p', (text) => {
    expect(() => serverName(text)).toThrow(invalid);
  });
  test('gets brackets before a colon if it has colons itself', () => {
    expect(bracketed('2001:db8::7')).toBe('[2001:db8::7]');
    expect(bracketed('nfs.example')).toBe('nfs.example');
  });
});
