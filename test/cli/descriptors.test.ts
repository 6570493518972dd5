import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { callPlugin } from '../fakes/plugin-client.ts';
import { eventually } from '../lab/eventually.ts';
import { type LoneDaemon, prepareDaemon } from '../lab/lone-daemon.ts';
import { alone } from '../lab/namespace.ts';
import { describeWith } from '../lab/requirements.ts';
import { environment } from '../lab/run.ts';

let folder = '';
let daemon: LoneDaemon;
let child: ChildProcessWithoutNullStreams;
let err = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-descriptors-'));
  daemon = await prepareDaemon(folder);
  err = '';
  child = spawn('unshare', [...alone, ...daemon.words], { env: environment() });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  await eventually('it serves', async () => err.includes('"listening"'), { evidence: async () => err });
  // The limit is set only now, because loading the program opens many files at once.
  const limit = (await readdir(`/proc/${child.pid}/fd`)).length + 20;
  await promisify(execFile)('prlimit', [`--pid=${child.pid}`, `--nofile=${limit}:${limit}`]);
});
afterEach(async () => {
  const ended = child.exitCode === null ? once(child, 'exit') : undefined;
  child.kill('SIGKILL');
  await ended;
  await rm(folder, { recursive: true, force: true });
});

const times = (event: string) => err.split(`"event":"${event}"`).length - 1;

async function opened(): Promise<Socket> {
  const socket = connect(daemon.socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

describeWith({ root: true, programs: ['unshare', 'prlimit'] }, 'a daemon with no descriptors left', () => {
  test('logs it once, keeps running, and answers again when descriptors are free', async () => {
    const sockets: Socket[] = [];
    for (let index = 0; index < 80; index += 1) sockets.push(await opened());
    await eventually('it is told', async () => times('descriptors-used-up') > 0);
    for (let index = 0; index < 20; index += 1) sockets.push(await opened());
    for (const socket of sockets) socket.destroy();
    await eventually('it answers', async () => {
      const { json } = await callPlugin(daemon.socket, 'VolumeDriver.Create', { Name: 'db' });
      return JSON.stringify(json) === '{}';
    });
    await eventually('it is over', async () => times('descriptors-free') === 1);
    expect(times('descriptors-used-up')).toBe(1);
    expect(err).not.toContain('uncaught');
  });
});
