import { expect, test } from '@jest/globals';
import { engineNameNotes } from '../../../src/core/engine/names.ts';

const any = { name: 'any', members: ['disk1', 'disk2'] };
const fast = { name: 'fast', members: ['disk1', 'disk3'] };

test('a joint driver, its members and joint drivers with a common member can name one volume', () => {
  expect(engineNameNotes([])).toEqual([]);
  expect(engineNameNotes([any, fast])).toEqual([
    'An engine knows a volume by one driver name: let containers use any, or disk1 and disk2 and fast, but not both for one volume.',
    'An engine knows a volume by one driver name: let containers use fast, or disk1 and disk3 and any, but not both for one volume.',
  ]);
});

test('the names by which the engine would refuse a volume are reported', () => {
  const known = [
    { name: 'db', driver: 'disk2' },
    { name: 'logs', driver: 'disk2' },
    { name: 'web', driver: 'any' },
    { name: 'own', driver: 'local' },
  ];
  expect(engineNameNotes([any], known)).toEqual([
    'The engine knows db, logs by the driver name disk2, and refuses the name any for what is the same volume: use disk2 there, or let it forget the volume first.',
  ]);
  expect(engineNameNotes([any], [{ name: 'web', driver: 'any' }])).toEqual([]);
});
