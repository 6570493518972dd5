import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createAdminClient } from '../../../src/cli/admin-client.ts';
import type { Told } from '../../../src/cli/progress/line.ts';
import { watchedClient } from '../../../src/cli/progress/watched-client.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import { type AdminSocket, openAdminSocket } from '../../fakes/admin-socket.ts';
import { createFakeDriver } from '../../fakes/fake-driver.ts';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { eventually } from '../../lab/eventually.ts';
import { describeWith } from '../../lab/requirements.ts';
import { runHere } from '../in-process.ts';

/** Removals wait for this. */
let release: () => void;
let looks: number;
let socket: AdminSocket;

beforeEach(async () => {
  looks = 0;
  const gold = createFakeDriver('gold');
  await gold.create(parseVolumeName('db'), {});
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { remove } = gold;
  const slow = Object.assign(gold, { remove: (name: never) => held.then(() => remove(name)) });
  socket = await openAdminSocket([slow], undefined, undefined, undefined, undefined, undefined, () => {
    looks += 1;
    const what = { what: 'delete', driver: 'gold', volume: 'db', since: 0 } as const;
    return { works: [{ ...what, done: { entries: looks }, total: { entries: 4 } }], unlisted: 0 };
  });
});
afterEach(() => socket.close());

const words = () => ['volume', 'rm', 'db', '--socket', socket.path];
const removed = 'Volume db was removed from driver gold.\n';

/** Erases to the end of the line. */
const erase = '\u001b[K';

describe('progress of a call that takes more than a second', () => {
  test('is one changing line on a terminal, which is gone in the end', async () => {
    const running = runHere(words(), { progress: { columns: () => 60 } });
    await eventually('it was looked at twice', async () => looks >= 2);
    release();
    const { code, out, err } = await running;
    expect([code, out]).toEqual([0, removed]);
    expect(err.startsWith('\rDeleting db [#')).toBe(true);
    expect(err).toContain('] 25%  1 of 4 files  ');
    expect(err.endsWith(`\r${erase}`)).toBe(true);
    // Nothing else is done to the terminal, and there is no colour.
    expect(err.replaceAll(erase, '').replaceAll('\r', '')).not.toMatch(/[^ -~]/);
  });

  test('is a line from time to time elsewhere', async () => {
    const running = runHere(words(), { progress: { columns: () => undefined } });
    await eventually('it was looked at three times', async () => looks >= 3);
    release();
    const { code, out, err } = await running;
    expect([code, out]).toEqual([0, removed]);
    expect(err).toMatch(/^holdfast: Deleting db, 25%, 1 of 4 files, \d s\.\n$/);
  });

  test.each(['--quiet', '--json'])('is not shown, nor asked for, with %s', async (flag) => {
    const running = runHere([...words(), flag], { progress: { columns: () => 60 } });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    release();
    expect(await running).toMatchObject({ code: 0, err: '' });
    expect(looks).toBe(0);
  });

  test('is only that it lasts, of a call about no single volume', async () => {
    const silent = createServer(() => undefined);
    const path = join(await mkdtemp(join(tmpdir(), 'holdfast-silent-')), 'admin.sock');
    await new Promise<void>((resolve) => silent.listen(path, resolve));
    const shown: Told[] = [];
    const meter = { show: (told: Told) => void shown.push(told), clear: () => void shown.splice(0) };
    const times = { patience: 5, pace: 5 };
    const look = async () => ({});
    try {
      const asked = watchedClient(createAdminClient(path), { meter, look, ...times }).ask(
        'GET',
        '/v1/drivers',
      );
      asked.catch(() => undefined);
      await eventually('it is shown', async () => shown.length >= 2);
      expect(shown[0]).toMatchObject({ volume: 'the daemon', work: undefined });
      silent.closeAllConnections();
      await expect(asked).rejects.toMatchObject({ code: 'unavailable' });
      expect(shown).toEqual([]);
    } finally {
      await new Promise((resolve) => silent.close(resolve));
      await rm(dirname(path), { recursive: true });
    }
  });

  test('is not asked for by a call that takes less', async () => {
    release();
    const ended = await runHere(words(), { progress: { columns: () => 60 } });
    expect(ended).toEqual({ code: 0, out: removed, err: '' });
    expect(looks).toBe(0);
  });
});

describeWith({ programs: ['script'] }, 'Ctrl-C during progress', () => {
  let terminal: ChildProcessWithoutNullStreams | undefined;
  afterEach(() => void terminal?.kill('SIGKILL'));

  test('ends the command as always, and leaves an empty line and a terminal as before', async () => {
    const command = `${process.execPath} ${await builtDaemon()} ${words().join(' ')}`;
    // With a trap, the shell outlives the command.
    const around = `trap : INT; stty -a; ${command}; echo "ended $?"; stty -a; echo over`;
    terminal = spawn('script', ['-qfec', around, '/dev/null']);
    let screen = '';
    terminal.stdout.on('data', (chunk) => {
      screen += chunk;
    });
    const evidence = { evidence: async () => screen };
    await eventually('progress is shown', async () => screen.includes('Deleting db'), evidence);
    terminal.stdin.write('\u0003');
    await eventually('it ended', async () => screen.includes('over\r\n'), evidence);
    const [settings = ''] = screen.split('\rDeleting db');
    const [shown = '', after = ''] = screen.split('ended 130\r\n');
    expect(shown.replace('^C', '').endsWith(`\r${erase}`)).toBe(true);
    expect(after.replace('over', '').trim()).toBe(settings.trim());
  });
});
