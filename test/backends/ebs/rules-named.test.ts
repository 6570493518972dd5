import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const folders = [new URL('./', import.meta.url), new URL('../../driver/', import.meta.url)];
/** At the beginning of a title: `rule 17: …`, `rules 22 and 26: …`, `rule 21, error code VolumeInUse: …`. */
const naming = /['"`]((?:rule|error code)s? (?:[\w.*, -]|…)+): /g;

/** What EC2 refuses with, and has a meaning of its own to us. */
const codes = [
  'AttachmentLimitExceeded',
  'IncorrectState',
  'InvalidAttachment.NotFound',
  'InvalidInstanceID.NotFound',
  'InvalidParameterCombination',
  'InvalidParameterValue',
  'InvalidVolume.NotFound',
  'OperationNotPermitted',
  'VolumeInUse',
  'VolumeLimitExceeded',
  'VolumeModificationRateExceeded',
];
const rules = Array.from({ length: 35 }, (_, at) => `${at + 1}`);

function namesInTitles(): ReadonlySet<string> {
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8')),
  );
  const titles = files.flatMap((text) => [...text.matchAll(naming)].map(([, names = '']) => names));
  return new Set(titles.flatMap((names) => names.match(/\d+|[A-Z][A-Za-z]+(?:\.[A-Za-z]+)?/g) ?? []));
}

test('each rule of EBS, and each error code that means something, has a test that is named by it', () => {
  const named = namesInTitles();
  expect([...rules, ...codes].filter((name) => !named.has(name))).toEqual([]);
});
