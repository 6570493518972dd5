import { expect, test } from '@jest/globals';
import { type DrainFacts, drainVerdict } from '../../../src/core/decisions/drain.ts';
import { operatorId } from '../../../src/core/mount-ledger.ts';

const facts: DrainFacts = {
  use: 'unused',
  holders: [],
  scope: 'global',
  sharing: 'one-host',
  access: 'read-write',
  isUnsettled: false,
};
const client = { id: 'a', kind: 'client' } as const;

test.each([
  [{}, 'free', false],
  [{ use: 'used' }, 'in-use', true],
  [{ use: 'used', access: 'read-only' }, 'in-use', false],
  [{ use: 'used', holders: [client] }, 'in-use', true],
  [{ holders: [client] }, 'held', false],
  [{ holders: [{ id: operatorId, kind: 'operator' }] }, 'held', false],
  [{ isUnsettled: true }, 'held', false],
  [{ use: 'hidden' }, 'unknown', true],
  [{ use: 'hidden', holders: [client] }, 'unknown', true],
] as const)('%j is %s', (more, state, cutsWriter) => {
  expect(drainVerdict({ ...facts, ...more })).toMatchObject({ state, cutsWriter });
});

test.each([
  [{ scope: 'local' }, 'nowhere'],
  [{ sharing: 'one-host' }, 'on another host'],
  [{ sharing: 'many-hosts' }, 'on all hosts'],
] as const)('after the drain, the data of %j is available %s', (more, after) => {
  expect(drainVerdict({ ...facts, ...more }).after).toBe(after);
});

test('a volume held by an operator has a way out', () => {
  const { act } = drainVerdict({ ...facts, holders: [{ id: operatorId, kind: 'operator' }] });
  expect(act).toBe('unmount');
});
