import { expect, test } from '@jest/globals';
import { createProgressList } from '../../src/telemetry/progress.ts';

const work = (volume: string) => ({ what: 'copy', driver: 'gold', volume, total: { bytes: 9 } }) as const;

test('what is under way is listed with what is done, until it ends', () => {
  let now = 1000;
  const { report, list } = createProgressList(() => now);
  const db = report(work('db'));
  now = 2000;
  const web = report(work('web'));
  web.tell({ bytes: 3 });
  web.tell({ bytes: 4 });
  expect(list()).toEqual({
    works: [
      { ...work('db'), since: 1000 },
      { ...work('web'), since: 2000, done: { bytes: 4 } },
    ],
    unlisted: 0,
  });
  db.end();
  db.tell({ bytes: 9 });
  db.end();
  expect(list().works.map(({ volume }) => volume)).toEqual(['web']);
  web.end();
  expect(list()).toEqual({ works: [], unlisted: 0 });
});

test('of a storm, the oldest are listed and the others counted', () => {
  const { report, list } = createProgressList(() => 0);
  const ends = Array.from({ length: 130 }, (_, index) => report(work(`v${index}`)));
  expect(list().works).toHaveLength(100);
  expect(list().unlisted).toBe(30);
  for (const { end } of ends) end();
  expect(list().works).toEqual([]);
});
