import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { forgetMounts } from '../namespace.ts';
import { databaseUser, type SqlClient } from './database.ts';

/** Where a program that is given a folder sees it: as a container does, since only root reaches the mountpoints of volumes. */
export const dataFolder = '/srv';

/** Runs a program as the databases' user. Throws with what it said unless it ends with 0. */
export async function runAsUser(program: string, args: readonly string[], folder?: string): Promise<string> {
  const child = folder === undefined ? start(program, args) : startWith(folder, program, args);
  const said = sayings(child);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${said()}`);
  return said();
}

export interface Server {
  readonly child: ChildProcess;
  /** The end of its log. */
  log(): string;
  /** Where its socket is. */
  readonly socketFolder: string;
  /** Sends the signal, and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

export function startServer(
  folder: string,
  program: string,
  argsFor: (socketFolder: string) => readonly string[],
): Server {
  // Short, because a socket's path has at most 107 characters.
  const socketFolder = mkdtempSync(join('/tmp', 'holdfast-sql-'));
  chownSync(socketFolder, databaseUser.uid, databaseUser.gid);
  const child = startWith(folder, program, argsFor(socketFolder));
  const log = sayings(child);
  const ended = once(child, 'close');
  return {
    child,
    log,
    socketFolder,
    async end(signal) {
      child.kill(signal);
      await ended;
      rmSync(socketFolder, { recursive: true, force: true });
    },
  };
}

/** `args`: for a client that reads statements line by line, prints bare values, and ends at the first error. */
export function openClient(program: string, args: readonly string[]): SqlClient {
  const child = start(program, args);
  const said = sayings(child);
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  child.stdin?.on('error', () => undefined);
  const ended = once(child, 'close');
  const dead = ended.then(() => Promise.reject(new Error(`${program} ended: ${said()}`)));
  dead.catch(() => undefined);
  return {
    async ask(sql) {
      const answer = once(lines, 'line');
      child.stdin?.write(`${sql.replaceAll('\n', ' ')}\n`);
      const [line] = await Promise.race([answer, dead]);
      return `${line}`;
    },
    async end() {
      child.stdin?.end();
      await ended;
    },
  };
}

const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: '/nonexistent' };
const { uid, gid } = databaseUser;
const inNamespace = `mount --bind "$1" ${dataFolder} || exit 125
shift
exec setpriv --reuid=${uid} --regid=${gid} --clear-groups "$@"`;

/** In a mount namespace of its own, which ends with the program. */
function startWith(folder: string, program: string, args: readonly string[]): ChildProcess {
  const unshare = [
    '--mount',
    '--propagation=slave',
    'sh',
    forgetMounts,
    'sh',
    '-c',
    inNamespace,
    'sh',
    folder,
  ];
  return spawn('unshare', [...unshare, program, ...args], { cwd: '/', env, stdio: 'pipe' });
}

function start(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, { uid, gid, cwd: '/', env, stdio: 'pipe' });
}

/** What a process writes to both of its outputs, the last part of it. */
function sayings(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      text = `${text}${chunk}`.slice(-4000);
    });
  child.on('error', (error) => {
    text += error.message;
  });
  return () => text;
}
