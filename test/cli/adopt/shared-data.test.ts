import { expect, test } from '@jest/globals';
import type { Found } from '../../../src/cli/adopt/found.ts';
import { sharedData } from '../../../src/cli/adopt/shared-data.ts';

test.each([
  ['the same directory', { a: '/srv/x', b: '/srv/x' }, { a: 'b', b: 'a' }],
  ['a directory in that of another', { a: '/srv/x/y/z', b: '/srv/x' }, { a: 'b', b: 'a' }],
  ['several in one', { a: '/srv', b: '/srv/x', c: '/srv/y' }, { a: 'b', b: 'a', c: 'a' }],
  ['names that only begin alike', { a: '/srv/x', b: '/srv/x-y', c: '/srv/xy' }, {}],
  [
    'one between them in the order of letters',
    { a: '/srv/x', b: '/srv/x-y', c: '/srv/x/y' },
    { a: 'c', c: 'a' },
  ],
])('volumes share data: %s', (_, paths, expected) => {
  const found = Object.entries(paths).map(
    ([name, path]): Found => ({ name, backend: 'local', options: {}, data: { path, aside: '' } }),
  );
  const shared = [...sharedData([...found, { name: 'odd', obstacle: 'x' }])];
  expect(Object.fromEntries(shared.map(([{ name }, other]) => [name, other]))).toEqual(expected);
});
