import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { prepareDaemon } from '../lab/lone-daemon.ts';
import { alone } from '../lab/namespace.ts';
import { describeWith } from '../lab/requirements.ts';
import { environment } from '../lab/run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-failed-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function startWith(more: object): Promise<{ readonly code: number | null; readonly err: string }> {
  const { words } = await prepareDaemon(folder, more);
  const child = spawn('unshare', [...alone, ...words], { env: environment() });
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, err })));
}

describeWith({ root: true, programs: ['unshare'] }, 'a daemon that cannot start', () => {
  test('leaves no socket, for which an engine would wait', async () => {
    const taken = join(folder, 'taken');
    await writeFile(taken, '');
    const local = (name: string) => ({ backend: 'local', settings: { root: join(folder, name) } });
    const csi = { endpoint: `unix://${taken}`, name: 'local.csi.example.com' };
    const { code, err } = await startWith({
      drivers: { gold: local('gold'), iron: { ...local('iron'), csi } },
    });
    expect([code, err]).toEqual([1, expect.stringContaining('exists and is not a socket')]);
    expect((await readdir(join(folder, 'plugins'))).filter((name) => name.endsWith('.sock'))).toEqual([]);
  });

  test('names the directory that it cannot use, and the way out', async () => {
    await writeFile(join(folder, 'state'), '');
    const { code, err } = await startWith({});
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/directory .*\/state of the configuration.*Choose/),
    ]);
  });
});
