import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exportPath, formatAddress, parseAddress, within } from '../../../src/backends/nfs/export-address.ts';

const invalid = expect.objectContaining({ code: 'invalid' });

describe('an export', () => {
  test.each([
    ['nfs.example:/srv/volumes', 'nfs.example:/srv/volumes'],
    ['NFS.example:/srv//volumes/./', 'nfs.example:/srv/volumes'],
    ['nfs.example:/', 'nfs.example:/'],
    ['[2001:DB8::7]:/srv/', '[2001:db8::7]:/srv'],
    ['192.0.2.7:/a:b', '192.0.2.7:/a:b'],
    ['nfs:/with blank,comma', 'nfs:/with blank,comma'],
  ])('%p is written as %p', (text, spelled) => {
    expect(formatAddress(parseAddress(text))).toBe(spelled);
    expect(formatAddress(parseAddress(spelled))).toBe(spelled);
  });
  test.each([
    '',
    'nfs.example',
    '/srv/volumes',
    'nfs.example:srv',
    'nfs.example/srv',
    '2001:db8::7:/srv',
    'nfs:/srv/../etc',
    'nfs:/..',
    'nfs:/srv/volumes/..',
    'nfs:/a\tb',
    'a,b:/srv',
    `nfs:/${'x'.repeat(1024)}`,
  ])('is not %p', (text) => {
    expect(() => parseAddress(text)).toThrow(invalid);
  });
  test("in the spelling of Docker's own local driver is refused because the server is missing", () => {
    expect(() => parseAddress(':/srv')).toThrow(
      /":\/srv" does not name a server: write it as server:\/export/,
    );
  });
  test('is parsed in one way only, for any input', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          paths.map((path) => `nfs:${path}`),
        ),
        (text) => {
          const once = attempt(() => formatAddress(parseAddress(text)));
          if (once !== undefined) expect(formatAddress(parseAddress(once))).toBe(once);
        },
      ),
    );
  });
});

const paths = fc
  .array(fc.constantFrom('..', '.', '', 'a', 'a b', 'volumes', 'volumes2', '...'))
  .map((parts) => `/${parts.join('/')}`);

describe('a directory of an export', () => {
  test.each([
    ['/srv/volumes', '/srv/volumes', ''],
    ['/srv/volumes/a/b', '/srv/volumes', 'a/b'],
    ['/srv/volumes2', '/srv/volumes', undefined],
    ['/srv/volumes2/a', '/srv/volumes', undefined],
    ['/srv', '/srv/volumes', undefined],
    ['/srv', '/', 'srv'],
    ['/', '/', ''],
    ['/', '/srv', undefined],
  ])('%p in %p is %p', (path, exported, directory) => {
    expect(within(path, exported)).toBe(directory);
  });
  test('is never outside the export', () => {
    fc.assert(
      fc.property(paths, paths, (path, exported) => {
        const [inner, outer] = [attempt(() => exportPath(path)), attempt(() => exportPath(exported))];
        if (inner === undefined || outer === undefined) return;
        const directory = within(inner, outer);
        if (directory === undefined) return;
        expect(directory.split('/')).not.toContain('..');
        expect(exportPath(`${outer}/${directory}`)).toBe(inner);
      }),
    );
  });
});

function attempt(work: () => string): string | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
