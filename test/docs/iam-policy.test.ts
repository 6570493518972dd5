import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ec2Actions, permissionsFor } from '../../src/backends/ebs/ec2/actions.ts';
import { fencesOf, firstCellsOf, project, readPage, sectionOf } from './pages.ts';

const page = readPage('docs/backends/ebs.md');
const source = join(project, 'src/backends/ebs');
const sources = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(source, file), 'utf8'));

const list = z.union([z.string(), z.array(z.string())]).transform((one) => [one].flat());
const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.literal('Allow'),
  Action: list,
  Resource: list,
  Condition: z.record(z.string(), z.record(z.string(), list)).optional(),
});
type Statement = z.infer<typeof statementSchema>;

/** An IAM policy, or a statement to add to one. */
function statementsIn(title: string): readonly Statement[] {
  const [fence] = fencesOf({ ...page, text: sectionOf(page, title) }).filter(
    ({ language }) => language === 'json',
  );
  const read: unknown = JSON.parse(fence?.text ?? '');
  const policy = z.object({ Version: z.literal('2012-10-17'), Statement: z.array(statementSchema) });
  const parsed = policy.safeParse(read);
  return parsed.success ? parsed.data.Statement : [statementSchema.parse(read)];
}

const minimal = statementsIn('The IAM policy');
const optional = [...statementsIn('Adopting'), ...statementsIn('Encryption')];

/** Tag keys in conditions. */
function tagKeysIn({ Condition = {} }: Statement): readonly string[] {
  return Object.values(Condition)
    .flatMap((keys) => Object.keys(keys))
    .filter((key) => /^aws:(Request|Resource)Tag\//.test(key))
    .map((key) => key.replace(/^[^/]+\//, ''));
}

describe('the IAM policy of the EBS page', () => {
  test('allows exactly the EC2 actions that the code uses', () => {
    const allowed = new Set(minimal.flatMap(({ Action }) => Action));
    const asked = new Set(ec2Actions.flatMap(permissionsFor));
    expect([...allowed].sort()).toEqual([...asked].sort());
  });

  test('these actions are the SDK commands in the code', () => {
    const calls = sources.flatMap((text) =>
      [...text.matchAll(/\bsdk\.(\w+)\(/g)].map(([, name = '']) => name),
    );
    const called = new Set(calls.map((name) => name.slice(0, 1).toUpperCase() + name.slice(1)));
    expect([...called].sort()).toEqual([...ec2Actions].sort());
  });

  test('actions that change volumes are limited to those with our tag', () => {
    const changing = minimal.filter(({ Action }) => !Action.every((name) => name.startsWith('ec2:Describe')));
    const ofVolumes = changing.filter(({ Resource }) =>
      Resource.some((one) => /:volume\/\*$|^\*$/.test(one)),
    );
    const free = ofVolumes.filter((statement) => !tagKeysIn(statement).includes('holdfast:driver'));
    expect(free.map(({ Sid }) => Sid)).toEqual(['TagWhatIsMade']);
    expect(free.map(({ Condition }) => Object.keys(Condition?.StringEquals ?? {}))).toEqual([
      ['ec2:CreateAction'],
    ]);
  });

  test('requires tags that the code sets', () => {
    const keys = [...minimal, ...optional].flatMap(tagKeysIn);
    expect(keys.length).toBeGreaterThan(2);
    for (const key of keys) expect([key, ownTags().includes(key)]).toEqual([key, true]);
  });

  test('its additions use no other EC2 actions', () => {
    const more = optional.flatMap(({ Action }) => Action).filter((name) => name.startsWith('ec2:'));
    expect(more).toEqual(['ec2:CreateTags']);
  });
});

/** All Holdfast tags in the sources. A region follows one that ends with a colon. */
function ownTags(): readonly string[] {
  const found = sources.flatMap((text) =>
    [...text.matchAll(/'(holdfast:[a-z-]+|holdfast-[a-z-]+:)'/g)].map(([, key = '']) =>
      key.replace(/:$/, ':REGION'),
    ),
  );
  return [...new Set(found)].sort();
}

test('every tag that the EBS backend sets has a row', () => {
  const described = firstCellsOf(sectionOf(page, 'On AWS'));
  expect([...described].sort()).toEqual(['Name', ...ownTags()].sort());
});
