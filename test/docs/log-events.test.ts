import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { project, readPage, rowsOf, sectionOf } from './pages.ts';

/** For each event, the levels at which the sources write it. Computed levels are unknown here. */
function writtenEvents(): ReadonlyMap<string, ReadonlySet<string>> {
  const events = new Map<string, Set<string>>();
  const source = join(project, 'src');
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(join(source, file), 'utf8');
    for (const [, level = '', event = ''] of text.matchAll(/log\.write\(\s*('\w+'|level),\s*'([a-z-]+)'/g)) {
      const levels = events.get(event) ?? new Set();
      events.set(event, levels.add(level.replaceAll("'", '')));
    }
  }
  return events;
}

const rows = rowsOf(sectionOf(readPage('docs/reference/logs.md'), 'Events'));

test('every logged event has a row, and every row an event', () => {
  const described = rows.map(([event]) => event).sort();
  expect(described).toEqual([...writtenEvents().keys()].sort());
  expect(described.length).toBeGreaterThan(10);
});

test('every log.write has a literal event name, so that the search above finds it', () => {
  const source = join(project, 'src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const writes = files.flatMap((file) =>
    [...readFileSync(join(source, file), 'utf8').matchAll(/log\.write\(\s*[^)]*?,\s*(\S)/g)].map(
      (match) => `${file} ${match[1]}`,
    ),
  );
  expect(writes.filter((write) => !write.endsWith(" '"))).toEqual([]);
});

test('the table has the levels of the sources', () => {
  for (const [event, levels] of writtenEvents()) {
    if (levels.has('level')) continue;
    const row = rows.find(([name]) => name === event);
    expect([event, row?.[1]]).toEqual([event, [...levels].sort().join(', ')]);
  }
});
