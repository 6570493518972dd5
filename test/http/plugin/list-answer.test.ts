import { expect, test } from '@jest/globals';
import { parseVolumeName } from '../../../src/core/names.ts';
import type { Volume } from '../../../src/core/volume.ts';
import type { ListedVolume } from '../../../src/driver/volume-driver.ts';
import { createListAnswer } from '../../../src/http/plugin/list-answer.ts';

/** A driver whose volumes count how often they are encoded. */
function lab(count: number) {
  let encoded = 0;
  const volume = (name: string): Volume => ({
    name: parseVolumeName(name),
    id: name,
    options: {},
    given: {},
    get createdAt() {
      encoded += 1;
      return '2026-01-01T00:00:00.000Z';
    },
  });
  const listed = new Map<string, ListedVolume>();
  const put = (name: string, mountpoint?: string) =>
    listed.set(name, {
      volume: listed.get(name)?.volume ?? volume(name),
      ...(mountpoint === undefined ? {} : { mountpoint }),
    });
  for (let index = 0; index < count; index += 1) put(`v${index}`);
  const driver = { revision: 0, list: () => listed.values() };
  const answer = createListAnswer(driver);
  const ask = () => {
    driver.revision += 1;
    encoded = 0;
    const names = JSON.parse(answer().toString()).Volumes.map(({ Name }: { Name: string }) => Name);
    return { names, encoded };
  };
  return { ask, answer, driver, listed, put };
}

test('a change of one volume encodes only that one', () => {
  const { ask, listed, put } = lab(10_000);
  expect(ask().encoded).toBe(10_000);
  put('new');
  expect(ask()).toMatchObject({ encoded: 1, names: expect.arrayContaining(['v0', 'v9999', 'new']) });
  put('v5', '/mnt/v5');
  expect(ask().encoded).toBe(1);
  listed.delete('v7');
  const { encoded, names } = ask();
  expect(encoded).toBe(0);
  expect(names).toHaveLength(10_000);
  expect(names).not.toContain('v7');
});

test('the same bytes are sent again while nothing has changed', () => {
  const { answer, listed } = lab(3);
  const first = answer();
  listed.clear();
  expect(answer()).toBe(first);
});
