import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AuditedAct } from '../../src/core/audit.ts';
import type { Log } from '../../src/core/log.ts';
import { createAudit } from '../../src/telemetry/create-audit.ts';

const act: AuditedAct = { act: 'format', driver: 'holdfast', volume: 'db', evidence: 'blkid found nothing' };

let folder = '';
let events: (readonly [string, string, unknown])[] = [];
const log: Log = {
  enabled: () => true,
  write: (level, event, fields) => {
    events.push([level, event, fields]);
  },
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-audit-'));
  events = [];
});
afterEach(() => rm(folder, { recursive: true }));

test('an act is in the log, and in a file that only root can read, before the call returns', async () => {
  const file = join(folder, 'audit.log');
  const audit = createAudit({ log, file: { path: file } });
  audit(act);
  audit({ ...act, act: 'delete', evidence: 'password=hunter2' });
  const lines = (await readFile(file, 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  expect(lines).toEqual([
    { time: expect.stringMatching(/Z$/), ...act },
    { time: expect.stringMatching(/Z$/), ...act, act: 'delete', evidence: 'password=[redacted]' },
  ]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(events[0]).toEqual(['info', 'audit', { audit: true, ...act }]);
});

test('a file that cannot be written is logged, and the act continues', () => {
  createAudit({ log, file: { path: join(folder, 'missing', 'audit.log') } })(act);
  expect(events.map(([level, event]) => [level, event])).toEqual([
    ['info', 'audit'],
    ['error', 'audit-not-written'],
  ]);
});
