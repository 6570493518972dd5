import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { VolumeName } from '../../src/core/names.ts';
import type { Volume } from '../../src/core/volume.ts';
import { createLooks } from '../../src/driver/looks.ts';
import { volume } from '../fakes/rig.ts';

const db = volume('db');
const made = (name: VolumeName): Volume => ({
  name,
  id: '0123456789abcdef',
  options: {},
  given: {},
  createdAt: '2026-01-01T00:00:00.000Z',
});

/** A storage that answers only when the test says so, with its state at the time of the request. */
function slowStorage() {
  const there = new Set<VolumeName>();
  const begun: { readonly name: VolumeName; answer(): void; fail(): void }[] = [];
  const looks = createLooks(
    (name) =>
      new Promise((resolve, reject) => {
        const found = there.has(name) ? made(name) : undefined;
        begun.push({ name, answer: () => resolve(found), fail: () => reject(new Error('down')) });
      }),
  );
  return { there, begun, looks };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('look-ups in the storage', () => {
  test('for one name at the same time are one look-up', async () => {
    const { there, begun, looks } = slowStorage();
    there.add(db);
    const asked = Array.from({ length: 1500 }, () => looks.at(db));
    await settled();
    expect(begun).toHaveLength(1);
    for (const look of begun) look.answer();
    expect(new Set((await Promise.all(asked)).map((found) => found?.name))).toEqual(new Set([db]));
  });

  test('that join one share its failure, and the next one is sent again', async () => {
    const { begun, looks } = slowStorage();
    const asked = [looks.at(db), looks.at(db)];
    await settled();
    begun[0]?.fail();
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = looks.at(db);
    await settled();
    begun[1]?.answer();
    expect(await again).toBeUndefined();
  });

  test('never report an absence from before they began', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('ask', 'make', 'answer'), { minLength: 1, maxLength: 20 }),
        async (steps) => {
          const { there, begun, looks } = slowStorage();
          const wrong: unknown[] = [];
          const asked: Promise<void>[] = [];
          for (const step of steps) {
            if (step === 'make') there.add(db);
            if (step === 'answer') for (const look of begun.splice(0)) look.answer();
            if (step === 'ask') {
              const wasThere = there.has(db);
              asked.push(
                looks.at(db).then((found) => {
                  if (wasThere && found === undefined) wrong.push(steps);
                }),
              );
            }
            await settled();
            expect(begun.length).toBeLessThanOrEqual(1);
          }
          for (let turn = 0; turn < 3; turn += 1) {
            for (const look of begun.splice(0)) look.answer();
            await settled();
          }
          await Promise.all(asked);
          expect(wrong).toEqual([]);
        },
      ),
    );
  });
});
