import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openConnection } from './load-client.ts';

/** A server in a separate process, so that it does not share a thread with the load. */
export interface ServerProcess {
  readonly socketPath: string;
  readonly pid: number;
  /** Milliseconds from exec to the first answer. */
  readonly firstAnswer: number;
  /** Milliseconds of processor time in it, of all threads. */
  readonly firstAnswerWork: number;
  /** Resident memory in MB. */
  memory(): number;
  /** Milliseconds of user and system time so far. */
  processorTime(): number;
  stop(): Promise<void>;
}

/** What still runs when a measurement fails. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export async function startServer(args: readonly string[], socketPath: string): Promise<ServerProcess> {
  rmSync(socketPath, { force: true });
  // Node 20 reads extra certificates before it runs anything, which takes longer than all the rest of an empty handler.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  running.add(child);
  child.once('exit', () => running.delete(child));
  await firstAnswer(child, socketPath);
  const elapsed = performance.now() - started;
  const worked = startTime(child);
  return {
    socketPath,
    pid: child.pid ?? Number.NaN,
    firstAnswer: elapsed,
    firstAnswerWork: worked,
    memory: () => memoryOf(child),
    processorTime: () => processorTimeOf(child),
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function firstAnswer(child: ChildProcess, socketPath: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    try {
      const connection = await openConnection(socketPath);
      await connection.call('/Plugin.Activate', '');
      connection.close();
      return;
    } catch {
      await sleep(1);
    }
  }
}

function memoryOf(child: ChildProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** By the scheduler, in nanoseconds: proc(5)'s `schedstat`. No thread has ended yet. */
function startTime({ pid }: ChildProcess): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const times = tasks.map(
    (task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0],
  );
  return times.reduce((sum, time) => sum + Number(time), 0) / 1e6;
}

/** Fields 14 and 15 of proc(5)'s stat, in ticks of 10 ms. */
function processorTimeOf(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

const listen = `listen(process.argv[1], 4096)`;

/** The least that Node can do: a handler that reads the request and answers a constant. */
export const emptyHandler = `const answer = '{"Implements":["VolumeDriver"]}';
require('node:http').createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': answer.length });
    response.end(answer);
  });
}).${listen}.keepAliveTimeout = 0;`;

/** A handler that sends this many bytes from memory. */
export const bytesHandler = (length: number) => `const answer = Buffer.alloc(${length}, 'x');
require('node:http').createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': answer.length });
    response.end(answer);
  });
}).${listen}.keepAliveTimeout = 0;`;

/** Plain Express with its JSON body parser, as in a simple plugin. */
export const stockExpress = `const express = require('express');
const app = express();
app.use(express.json({ type: () => true }));
app.post('/VolumeDriver.Get', (request, response) => response.json({ Implements: ['VolumeDriver'] }));
app.post('/Plugin.Activate', (request, response) => response.json({ Implements: ['VolumeDriver'] }));
require('node:http').createServer(app).${listen}.keepAliveTimeout = 0;`;

/** The least that a plugin for bind mounts does: Express, and the system call by koffi. It keeps nothing. */
export const mountingExpress = (folder: string) => `const express = require('express');
const library = require('koffi').load(null);
const mount = library.func('mount', 'int', ['str', 'str', 'str', 'ulong', 'str']);
const umount2 = library.func('umount2', 'int', ['str', 'int']);
const [source, target] = ['${folder}/source', '${folder}/target'];
const app = express();
app.use(express.json({ type: () => true }));
const answer = (path, act) => app.post(path, (request, response) => {
  if (act() === 0) response.json({ Mountpoint: target, Err: '' });
  else response.status(500).end();
});
answer('/Plugin.Activate', () => 0);
answer('/VolumeDriver.Get', () => 0);
answer('/VolumeDriver.Mount', () => mount(source, target, null, 4096, null));
answer('/VolumeDriver.Unmount', () => umount2(target, 8));
require('node:http').createServer(app).${listen}.keepAliveTimeout = 0;`;
