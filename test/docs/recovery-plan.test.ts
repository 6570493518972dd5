import { expect, test } from '@jest/globals';
import { planRecovery, type RecoveryFacts } from '../../src/core/decisions/recovery-plan.ts';
import { parseVolumeName } from '../../src/core/names.ts';
import { readPage, rowsOf, sectionOf } from './pages.ts';

const rows = rowsOf(sectionOf(readPage('docs/design/recovery.md'), 'The plan'));
const truths = [true, false] as const;

function* allFacts(): Generator<RecoveryFacts> {
  const volume = parseVolumeName('db');
  for (const ledger of ['absent', 'unfinished', 'staged'] as const)
    for (const kernel of ['bare', 'ours', 'lost', 'other'] as const)
      for (const storage of ['exists', 'gone', 'unknown'] as const)
        for (const held of truths)
          for (const used of truths) yield { volume, ledger, held, kernel, frozen: false, used, storage };
}

/** The facts as cells of a row. */
function cellsOf(facts: RecoveryFacts): readonly string[] {
  const word = (truth: boolean) => (truth ? 'yes' : 'no');
  return [facts.ledger, word(facts.held), facts.kernel, word(facts.used), facts.storage];
}

function rowOf(facts: RecoveryFacts): readonly string[] | undefined {
  const cells = cellsOf(facts);
  return rows.find((row) => cells.every((cell, column) => row[column] === '-' || row[column] === cell));
}

test('the documented table decides like the code, for all facts', () => {
  for (const facts of allFacts()) {
    const planned = planRecovery([facts])[0]?.action ?? 'none';
    expect([cellsOf(facts), rowOf(facts)?.[5]]).toEqual([cellsOf(facts), planned]);
  }
});

test('every row of the table is used', () => {
  const deciding = new Set([...allFacts()].map(rowOf));
  expect(rows.filter((row) => !deciding.has(row))).toEqual([]);
});
