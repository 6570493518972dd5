import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  planRecovery,
  type RecoveryFacts,
  type RecoveryStep,
} from '../../../src/core/decisions/recovery-plan.ts';
import { parseVolumeName } from '../../../src/core/names.ts';

const volume = parseVolumeName('db');
const calm: RecoveryFacts = {
  volume,
  ledger: 'staged',
  held: true,
  kernel: 'ours',
  frozen: false,
  used: true,
  storage: 'exists',
};

function actionFor(change: Partial<RecoveryFacts>): RecoveryStep['action'] | undefined {
  return planRecovery([{ ...calm, ...change }])[0]?.action;
}

const facts: fc.Arbitrary<RecoveryFacts> = fc.record({
  volume: fc.constant(volume),
  ledger: fc.constantFrom('absent', 'unfinished', 'staged'),
  held: fc.boolean(),
  kernel: fc.constantFrom('bare', 'ours', 'lost', 'other'),
  frozen: fc.boolean(),
  used: fc.boolean(),
  storage: fc.constantFrom('exists', 'gone', 'unknown'),
});

/** What the facts are after a step that succeeded. */
function after(fact: RecoveryFacts, action: RecoveryStep['action'] | undefined): RecoveryFacts {
  switch (action) {
    case 'thaw':
      return { ...fact, frozen: false };
    case 'restage':
      return { ...fact, ledger: 'staged', kernel: 'ours' };
    case 'adopt':
      return { ...fact, ledger: 'staged', held: true, kernel: 'ours' };
    case 'unstage':
    case 'give-up':
    case 'forget':
      return { ...fact, ledger: 'absent', held: false, kernel: 'bare' };
    default:
      return fact;
  }
}

describe('the recovery plan', () => {
  test.each<[string, Partial<RecoveryFacts>, RecoveryStep['action'] | undefined]>([
    ['held and mounted', {}, undefined],
    ['held and not mounted', { kernel: 'bare', used: false }, 'restage'],
    ['held, not mounted, storage down', { kernel: 'bare', used: false, storage: 'unknown' }, 'restage'],
    ['held, not mounted, gone from the storage', { kernel: 'bare', used: false, storage: 'gone' }, 'forget'],
    ['held, with something else in its place', { kernel: 'other', used: false }, 'restage'],
    ['held, with something else in its place, in use', { kernel: 'other' }, undefined],
    ['held and used, taken from this host', { kernel: 'lost' }, 'give-up'],
    ['not held, used, taken from this host', { kernel: 'lost', held: false }, 'give-up'],
    ['nobody holds or uses it', { held: false, used: false }, 'unstage'],
    ['nobody holds it, and a container uses it', { held: false }, undefined],
    ['half staged', { ledger: 'unfinished', held: false, used: false, kernel: 'other' }, 'unstage'],
    ['held and half staged', { ledger: 'unfinished', used: false, kernel: 'bare' }, 'restage'],
    ['half staged, and a container uses it', { ledger: 'unfinished', held: false, kernel: 'other' }, 'adopt'],
    [
      'mounted, unknown to the ledger',
      { ledger: 'absent', held: false, kernel: 'other', used: false },
      'adopt',
    ],
    [
      'a mount that is not a volume',
      { ledger: 'absent', held: false, kernel: 'other', storage: 'gone' },
      undefined,
    ],
  ])('%s', (_, change, action) => {
    expect(actionFor(change)).toBe(action);
  });

  test('a second recovery has nothing to do', () => {
    fc.assert(
      fc.property(facts, (fact) => {
        const steps = planRecovery([fact]);
        expect(planRecovery([steps.reduce((before, { action }) => after(before, action), fact)])).toEqual([]);
      }),
    );
  });

  test('a volume that a container uses and that is not lost is never taken down or mounted over', () => {
    fc.assert(
      fc.property(facts, (fact) => {
        fc.pre(fact.used && fact.kernel !== 'bare' && fact.kernel !== 'lost');
        const [step] = planRecovery([{ ...fact, frozen: false }]);
        expect(['adopt', undefined, ...(fact.ledger === 'unfinished' ? ['adopt'] : [])]).toContain(
          step?.action,
        );
      }),
    );
  });

  test('one volume does not change the plan of another', () => {
    fc.assert(
      fc.property(fc.array(facts), (all) => {
        expect(planRecovery(all)).toEqual(all.flatMap((fact) => planRecovery([fact])));
      }),
    );
  });

  test('what may be frozen is thawed before anything else', () => {
    expect(actionFor({ frozen: true })).toBe('thaw');
    fc.assert(
      fc.property(facts, (fact) => {
        const others = planRecovery([{ ...fact, frozen: false }]);
        const steps = planRecovery([{ ...fact, frozen: true }]);
        expect(steps[0]?.action).toBe('thaw');
        expect(steps.slice(1)).toEqual(others);
      }),
    );
  });

  test('every step says why', () => {
    fc.assert(fc.property(facts, (fact) => planRecovery([fact]).every((step) => step.why.length > 10)));
  });
});
