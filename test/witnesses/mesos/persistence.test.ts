import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePersistence } from '../../../src/witnesses/mesos/persistence.ts';
import { diskFault } from '../../lab/mesos/validation.ts';

describe('the names of a persistent volume', () => {
  test.each([
    [
      '/var/lib/mysql',
      /^The container path "\/var\/lib\/mysql" contains a slash, so an agent would ignore the volume .*such as --container-path "mysql"\. /,
    ],
    ['data/', /contains a slash.*--container-path "data"\. /],
    ['../..', /contains a slash.*use a plain name with --container-path\. /],
    ['', /^The container path "" is empty/],
    ['.', /names an existing directory/],
    ['a\nb', /contains a control character/],
    ['x'.repeat(256), /is longer than 255 bytes/],
  ])('are refused with what to give instead: %j', (containerPath, said) => {
    expect(() => parsePersistence({ id: 'db', containerPath })).toThrow(said);
  });

  test('that are accepted are a single path component, and an ID that a master accepts', () => {
    const name = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', '.', '/', '\\', '\n', ' ', 'ä') }),
      fc.string(),
    );
    fc.assert(
      fc.property(name, name, (id, containerPath) => {
        const isTaken = diskFault({
          name: 'disk',
          type: 'SCALAR',
          scalar: { value: 1 },
          reservations: [{ type: 'DYNAMIC', role: 'r' }],
          disk: { persistence: { id }, volume: { container_path: containerPath, mode: 'RW' } },
        });
        try {
          parsePersistence({ id, containerPath });
        } catch {
          return;
        }
        expect([isTaken, containerPath.includes('/'), ['', '.', '..'].includes(containerPath)]).toEqual([
          undefined,
          false,
          false,
        ]);
      }),
    );
  });
});
