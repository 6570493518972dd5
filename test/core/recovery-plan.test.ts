import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseVolumeName } from '../../src/core/names.ts';
import { planRecovery, type RecoveryFacts, type RecoveryStep } from '../../src/core/recovery-plan.ts';

const volume = parseVolumeName('db');
const calm: RecoveryFacts = {
  volume,
  ledger: 'staged',
  held: true,
  kernel: 'ours',
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
  used: fc.boolean(),
  storage: fc.constantFrom('exists', 'gone', 'unknown'),
});

/** What the facts are after a step that succeeded. */
function after(fact: RecoveryFacts, action: RecoveryStep['action'] | undefined): RecoveryFacts {
  switch (action) {
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
    ['held, something else in its place', { kernel: 'other', used: false }, 'restage'],
    ['held, something else in its place, in use', { kernel: 'other' }, undefined],
    ['held and used, taken from this host', { kernel: 'lost' }, 'give-up'],
    ['not held, used, taken from this host', { kernel: 'lost', held: false }, 'give-up'],
    ['nobody holds or uses it', { held: false, used: false }, 'unstage'],
    ['nobody holds it, a container uses it', { held: false }, undefined],
    ['half staged', { ledger: 'unfinished', held: false, used: false, kernel: 'other' }, 'unstage'],
    ['half staged again while held', { ledger: 'unfinished', used: false, kernel: 'bare' }, 'restage'],
    ['half staged, a container uses it', { ledger: 'unfinished', held: false, kernel: 'other' }, 'adopt'],
    [
      'mounted, unknown to the ledger',
      { ledger: 'absent', held: false, kernel: 'other', used: false },
      'adopt',
    ],
    [
      'a mount that is no volume',
      { ledger: 'absent', held: false, kernel: 'other', storage: 'gone' },
      undefined,
    ],
  ])('%s', (_, change, action) => {
    expect(actionFor(change)).toBe(action);
  });

  test('a second recovery has nothing to do', () => {
    fc.assert(
      fc.property(facts, (fact) => {
        const [step] = planRecovery([fact]);
        expect(planRecovery([after(fact, step?.action)])).toEqual([]);
      }),
    );
  });

  test('what a container uses and is not lost is never taken down or mounted over', () => {
    fc.assert(
      fc.property(facts, (fact) => {
        fc.pre(fact.used && fact.kernel !== 'bare' && fact.kernel !== 'lost');
        const [step] = planRecovery([fact]);
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

  test('every step says why', () => {
    fc.assert(fc.property(facts, (fact) => planRecovery([fact]).every((step) => step.why.length > 10)));
  });
});
