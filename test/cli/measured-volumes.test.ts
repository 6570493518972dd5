import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../lab/eventually.ts';
import { prepareDaemon } from '../lab/lone-daemon.ts';
import { describeWith } from '../lab/requirements.ts';
import { environment } from '../lab/run.ts';
import { holdfast } from './run-cli.ts';

const requirement = { root: true, programs: ['mkfs.ext4', 'chattr'], paths: ['/dev/loop-control'] } as const;

describeWith(requirement, 'the built daemon', () => {
  let folder = '';
  let daemon: ChildProcess | undefined;
  const ask = (...words: string[]) => holdfast([...words, '--socket', join(folder, 'admin.sock')]);
  const usageOf = async (name: string) =>
    JSON.parse((await ask('volume', 'inspect', name, '--json')).out).usage;

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-usage-')));
    const [program = '', ...words] = (await prepareDaemon(folder)).words;
    daemon = spawn(program, words, { stdio: 'ignore', env: environment() });
    await eventually('it listens', async () => (await ask('driver', 'ls')).code === 0);
  });
  afterEach(async () => {
    for (const name of ['db', 'log']) await ask('volume', 'unmount', name);
    if (daemon?.exitCode === null) {
      daemon.kill('SIGTERM');
      await once(daemon, 'exit');
    }
    spawn('chattr', ['-R', '-f', '-i', folder]);
    await eventually('all is removed', async () => {
      await rm(folder, { recursive: true, force: true });
      return true;
    });
  });

  test('measures in a separate process with the lowest priority, and records the last use', async () => {
    const driver = JSON.parse((await ask('driver', 'inspect', 'gold', '--json')).out);
    expect(driver).toMatchObject({ settings: { root: join(folder, 'volumes'), trashRetention: '24h' } });
    await ask('volume', 'create', 'db', '-o', 'size=64MiB');
    await ask('volume', 'create', 'log');
    for (const name of ['db', 'log']) {
      await ask('volume', 'mount', name);
      writeFileSync(join(folder, 'mnt/gold', name, 'file'), 'x'.repeat(5 << 20), { flush: true });
    }
    const isLow = eventually('a child gives way to all others', async () =>
      nicesOfChildren(daemon?.pid).includes(19),
    );
    const measured = async (name: string) => {
      const usage = await usageOf(name);
      return usage?.usedBytes >= 5 << 20 && usage;
    };
    const image = await eventually('the image is measured', () => measured('db'));
    expect(image).toMatchObject({ of: 'volume', room: { of: 'root', place: join(folder, 'volumes') } });
    expect(image.sizeBytes).toBeLessThanOrEqual(64 << 20);
    const directory = await eventually('the directory is counted', () => measured('log'));
    expect(directory).toMatchObject({ of: 'volume', usedInodes: 2 });
    expect(await isLow).toBe(true);
    expect(readdirSync(join(folder, 'volumes/.holdfast/uses')).sort()).toEqual(['db.json', 'log.json']);
    expect((await ask('volume', 'ls', '--filter', 'state=mounted', '--quiet')).out).toBe('db\nlog\n');
    expect(await ask('drain', '--check')).toMatchObject({ code: 1 });
    for (const name of ['db', 'log']) await ask('volume', 'unmount', name);
    await eventually('nothing is held', async () => (await ask('drain', '--check')).code === 0);
    expect((await ask('volume', 'ls', '--unused', '--quiet')).out).toBe('db\nlog\n');
  });
});

function nicesOfChildren(pid: number | undefined): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return Number(fields[1]) === pid ? [Number(fields[16])] : [];
    } catch {
      return [];
    }
  });
}
