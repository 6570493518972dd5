import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Backup, BackupJob, Backups, BackupTask } from '../../src/core/protect/backup.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import { type AdminSocket, openAdminSocket } from '../fakes/admin-socket.ts';
import { createFakeDriver } from '../fakes/fake-driver.ts';
import { runHere } from './in-process.ts';

const made: Backup = {
  ...{ id: '0123456789abcdef', repository: 'nas', plan: 'nightly', driver: 'gold', volume: 'db' },
  ...{ createdAt: '2026-01-02T03:04:05.000Z', host: 'a', consistency: 'frozen' },
  ...{ entries: 3, bytes: 5 * 1024 ** 2, unsettled: 0 },
};
const proof = { at: '2026-01-03T03:04:05.000Z', outcome: 'good', extent: 'part' } as const;

let tasks: BackupTask[];
let answers: Partial<BackupJob>[];
/** How many results were known when there was a question for more. */
let asked: number[];
let listed: readonly Backup[];
let named: { readonly repositories: readonly string[]; readonly plans: readonly string[] };
let socket: AdminSocket;

/** Answers what the tests lay out, one answer for each question about a task. */
const backups: Backups = {
  list: async (repository) => ({
    backups: listed.filter((one) => repository === undefined || one.repository === repository),
    failures: [],
    ...named,
  }),
  begin(task) {
    if ('plan' in task && task.plan !== 'nightly')
      throw new VolumeError('not-found', `No backup "${task.plan}" is configured. Did you mean nightly?`);
    tasks.push(task);
    return { id: 'one', task: task.do, state: 'running', progress: '', results: [], ...answers.shift() };
  },
  foresee: async (task) => [`It would ${task.do}.`],
  job: () => undefined,
  async news(id, after) {
    asked.push(after);
    const answer = answers.shift();
    return answer && { id, task: 'run', state: 'running', progress: '', results: [], ...answer };
  },
};
beforeEach(async () => {
  [tasks, answers, listed, asked] = [[], [], [], []];
  named = { repositories: ['nas'], plans: ['nightly'] };
  const gold = createFakeDriver('gold');
  socket = await openAdminSocket([gold], undefined, undefined, undefined, undefined, backups);
});
afterEach(() => socket.close());

const backup = (...words: string[]) => runHere(['backup', ...words, '--socket', socket.path]);
const ok = (message: string) => ({ outcome: 'ok', message }) as const;

describe('holdfast backup', () => {
  test('run waits for the end, says what was done, and what failed on stderr', async () => {
    const failed = { outcome: 'failed', code: 'in-use', message: 'Volume web is in use.' } as const;
    answers = [{}, { results: [ok('Volume db was backed up.')] }];
    answers.push({ state: 'done', results: [ok('Volume db was backed up.'), failed] });
    expect(await backup('run', 'nightly', '--while-in-use')).toEqual({
      code: 1,
      out: 'Volume db was backed up.\n',
      err: 'holdfast: Volume web is in use.\n',
    });
    expect(tasks).toEqual([{ do: 'run', plan: 'nightly', whileInUse: true }]);
    expect(asked).toEqual([0, 1]);
    answers.push({ state: 'done' });
    await backup('run', 'nightly', 'db', '--pause', '--exec-after', 'go on');
    expect(tasks[1]).toEqual({
      ...{ do: 'run', plan: 'nightly', volumes: ['db'] },
      around: { pause: true, execAfter: 'go on' },
    });
  });
  test('a task that fails as a whole, or is forgotten by a restart, is an error', async () => {
    answers = [{ state: 'failed', error: { code: 'failed', message: 'restic said: wrong password' } }];
    expect(await backup('check', 'nas')).toMatchObject({
      code: 1,
      err: 'holdfast: restic said: wrong password\n',
    });
    answers = [{}];
    expect((await backup('prune', 'nightly')).err).toContain('the daemon was restarted');
    expect((await backup('run', 'nigtly')).err).toContain('Did you mean nightly?');
  });
  test('with --json prints the results at the end, and with --dry-run what would be done', async () => {
    answers = [{ state: 'done', results: [ok('Repository nas was created.')] }];
    expect(JSON.parse((await backup('init', 'nas', '--json')).out)).toEqual({
      results: [ok('Repository nas was created.')],
    });
    expect(await backup('prove', 'nightly', '-n')).toEqual({ code: 0, out: 'It would prove.\n', err: '' });
    expect(tasks).toHaveLength(1);
  });
  test('restore names repository, backup and the new volume', async () => {
    answers = [{ state: 'done', results: [ok('Volume new exists.')] }];
    expect(await backup('restore', 'nas:db', 'new', '-o', 'mode=0700')).toMatchObject({ code: 0 });
    const restored = { driver: undefined, do: 'restore', repository: 'nas', backup: 'db', name: 'new' };
    expect(tasks).toEqual([{ ...restored, options: { mode: '0700' } }]);
    expect(await backup('restore', 'db', 'new')).toMatchObject({
      code: 2,
      err: expect.stringContaining('REPOSITORY:BACKUP'),
    });
    expect((await backup('restore', 'nas:db', 'new', '-d', 'gild')).err).toContain('Did you mean gold?');
  });
  test('ls shows when each was proven', async () => {
    expect((await backup('ls')).out).toBe(
      'There are no backups. Make one with `holdfast backup run nightly`.\n',
    );
    named = { ...named, plans: [] };
    expect((await backup('ls')).out).toMatch(
      /No backup is configured: add .* to repository nas to `backups`/,
    );
    named = { ...named, repositories: [] };
    expect((await backup('ls')).out).toMatch(/No repository is configured: add .*`repositories`/);
    const bad = { ...proof, outcome: 'bad', message: 'file: its size is 1, not 2' } as const;
    listed = [made, { ...made, id: 'fedcba9876543210', proof }, { ...made, volume: 'web', proof: bad }];
    const head = 'BACKUP                VOLUME  DRIVER  HOST  CREATED                   SIZE  PROVEN';
    expect((await backup('ls', 'db')).out.split('\n')).toEqual([
      head,
      'nas:0123456789abcdef  db      gold    a     2026-01-02T03:04:05.000Z  5MiB  never',
      'nas:fedcba9876543210  db      gold    a     2026-01-02T03:04:05.000Z  5MiB  2026-01-03T03:04:05.000Z (a part)',
      '',
    ]);
    expect((await backup('ls', 'web')).out).toContain('BAD: file: its size is 1, not 2');
    expect(JSON.parse((await backup('ls', '--json')).out)).toEqual({ backups: listed, failures: [] });
  });
});
