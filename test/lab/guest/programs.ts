import { statSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { Answer } from '../network/unix-http.ts';
import { type Finished, type RunLimits, succeeded } from '../run.ts';
import type { Service } from '../service.ts';
import { type Report, type SerialLine, within } from './serial-line.ts';
import { createGuestService } from './service.ts';

/** Runs programs in the guest. */
export interface GuestPrograms {
  /** Runs a program to its end; as `run` of run.ts. */
  run(program: string, args: readonly string[], limits?: GuestLimits): Promise<Finished>;
  /** The trimmed output; throws with the program's error. */
  output(program: string, args: readonly string[], limits?: GuestLimits): Promise<string>;
  /** A long-running program, not started yet; its log is `NAME.log` in the guest's folder. */
  service(name: string, limits?: GuestLimits): Service;
  /** A long-running program, started. */
  start(name: string, program: string, args: readonly string[], limits?: GuestLimits): Promise<Service>;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  /** One POST over a Unix socket of the guest, with a default timeout of 120 s, like Docker. */
  post(socketPath: string, path: string, body: unknown, within?: number): Promise<Answer>;
}

export interface GuestLimits extends RunLimits {
  /** Default: `/`. */
  readonly cwd?: string;
  /** The program's stdin; default: empty. */
  readonly input?: string;
  /** Milliseconds without output after which the program is killed; instead of `within`. */
  readonly quiet?: number;
}

/** A program's output goes to files in the guest's folder; only its result goes over the serial line. */
export function createGuestPrograms(folder: string, line: () => SerialLine): GuestPrograms {
  const programs: Omit<GuestPrograms, 'output' | 'start' | 'write' | 'read'> = {
    run: (program, args, limits = {}) => runToEnd(folder, line(), program, args, limits),
    service: (name, limits = {}) => createGuestService(`${folder}/${name}.log`, line, limits),
    post: (socketPath, path, body, limit = 120_000) => {
      const request = { operation: 'post', socketPath, path, body: JSON.stringify(body) };
      return within(limit, line().ask(request), ({ answer }) => answer);
    },
  };
  const print = async (program: string, args: readonly string[], limits?: GuestLimits) =>
    programs.run(program, args, limits).then((finished) => checked(program, args, finished));
  return {
    ...programs,
    output: async (program, args, limits) => (await print(program, args, limits)).trim(),
    start: async (name, program, args, limits) => {
      const service = programs.service(name, limits);
      await service.start(program, args);
      return service;
    },
    write: async (path, text) => void (await print('sh', ['-c', 'cat > "$0"', path], { input: text })),
    read: (path) => print('cat', [path]),
  };
}

function checked(program: string, args: readonly string[], finished: Finished): string {
  succeeded([program, ...args].join(' '), finished);
  return finished.stdout;
}

let runs = 0;

async function runToEnd(
  folder: string,
  line: SerialLine,
  program: string,
  args: readonly string[],
  limits: GuestLimits,
): Promise<Finished> {
  runs += 1;
  const path = `${folder}/runs/${runs}`;
  const files = { stdin: '/dev/null', stdout: `${path}.out`, stderr: `${path}.err` };
  await mkdir(`${folder}/runs`, { recursive: true });
  if (limits.input !== undefined) {
    files.stdin = `${path}.in`;
    await writeFile(files.stdin, limits.input);
  }
  const { env = {}, cwd = '/' } = limits;
  const conversation = line.ask({ operation: 'run', program, args, env, cwd, ...files });
  const written = () => [files.stdout, files.stderr].map(sizeOf).join();
  const waiting =
    limits.quiet === undefined
      ? within(limits.within ?? 120_000, conversation, endOf)
      : within(limits.quiet, conversation, endOf, written);
  const ended = await waiting.catch(async (cause) => {
    const evidence = limits.quiet === undefined ? [] : await evidenceOf(folder, line, files.stdout);
    line.tell({ operation: 'signal', run: conversation.id, signal: 'SIGKILL' });
    const said = [`${program} ${args.join(' ')} did not end in the guest: ${cause.message}`, ...evidence];
    throw new Error(said.join('\n'), { cause });
  });
  const [stdout, stderr] = await Promise.all([
    readFile(files.stdout, 'utf8'),
    readFile(files.stderr, 'utf8'),
  ]);
  for (const file of Object.values(files)) if (file !== '/dev/null') await rm(file);
  if (ended.exitCode === null)
    throw new Error(`${program} ${args.join(' ')} ended by ${ended.signal}: ${stderr}`);
  return { exitCode: ended.exitCode, stdout, stderr };
}

/** What a program printed last, what the threads in the guest wait for, and the last messages of its kernel. */
async function evidenceOf(folder: string, line: SerialLine, stdout: string): Promise<readonly string[]> {
  // Without programs: a guest that stalls may need a second to start one.
  const script = `for task in /proc/[0-9]*/task/*; do
      read -r name < $task/comm
      while read -r key state && [ "$key" != State: ]; do :; done < $task/status
      echo "$task $name $state"
      while read -r frame; do echo "  $frame"; done < $task/stack
    done 2> /dev/null; dmesg | tail -n 20`;
  const threads = runToEnd(folder, line, 'sh', ['-c', script], {}).then((finished) => finished.stdout);
  return [(await readFile(stdout, 'utf8')).slice(-2_000), await threads.catch(({ message }) => message)];
}

function endOf({ ended }: Report): Report['ended'] {
  return ended;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
