import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { VolumeError } from '../core/volume-error.ts';
import type { FollowedEnd, FollowedPrograms } from './host.ts';
import { killGroup, notStarted, standardSearchPath } from './run-command.ts';
import { type RunGuard, startRunGuard } from './run-guard.ts';
import { watchWork } from './stalled-program.ts';

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Characters of stderr that are kept: its end. */
const mostSaid = 8 * 1024;
/** Characters of a line; a longer one is cut. */
const longestLine = 16 * 1024 * 1024;
/** Milliseconds for an interrupted program to take back its locks. */
const endGrace = 5_000;
/** Milliseconds. */
const usualPatience = 1_800_000;

export function createFollowedPrograms(searchPath: string = standardSearchPath): FollowedPrograms {
  return {
    async follow(program, args, how, signal): Promise<FollowedEnd> {
      const { environment, directory, line, errorLine, patience = usualPatience } = how;
      if (signal.aborted) throw interrupted(program);
      const guard = startRunGuard();
      const child = spawn(program, args, {
        cwd: directory,
        env: { PATH: searchPath, LC_ALL: 'C', ...environment, ...guard.env },
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      let told = 0;
      const errorLines = splitLines(errorLine ?? (() => undefined));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        errorLines.add(text);
        said = (said + text).slice(-mostSaid);
        told += Buffer.byteLength(text);
      });
      const lines = splitLines(line);
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        lines.add(text);
        told += Buffer.byteLength(text);
      });
      const ending = createEnding(child, guard);
      let why: ((said: string) => VolumeError) | undefined;
      const end = (reason: typeof why) => {
        why ??= reason;
        ending.begin();
      };
      const interrupt = () => end((words) => interrupted(program, words));
      signal.addEventListener('abort', interrupt);
      const watched = { pid: child.pid ?? 0, patience, told: () => told };
      const watch = watchWork(watched, () => end((words) => stalled(program, patience, words)));
      try {
        const exitCode = await Promise.race([ending.forced, exitOf(program, child)]);
        lines.end();
        errorLines.end();
        if (why !== undefined) throw why(said);
        return { exitCode, stderr: said };
      } finally {
        watch.stop();
        signal.removeEventListener('abort', interrupt);
        ending.over();
      }
    },
  };
}

function exitOf(program: string, child: Child): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notStarted(program, error)));
    child.once('close', (code) => resolve(code ?? 128));
  });
}

/** The end of a program that does not end by itself. */
interface Ending {
  begin(): void;
  /** Resolves once it was killed and had time to end. One that waits for a disk or a server in the kernel may still be there. */
  readonly forced: Promise<number>;
  /** It has ended. */
  over(): void;
}

function createEnding(child: Child, guard: RunGuard): Ending {
  let timer: NodeJS.Timeout | undefined;
  let force: (exitCode: number) => void;
  const forced = new Promise<number>((resolve) => {
    force = resolve;
  });
  return {
    forced,
    begin() {
      if (timer !== undefined) return;
      killGroup(child, 'SIGINT');
      timer = setTimeout(() => {
        killGroup(child);
        void guard.kill().then(() => force(128));
      }, endGrace);
    },
    over() {
      clearTimeout(timer);
      guard.release();
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
    },
  };
}

function splitLines(line: (text: string) => void) {
  let rest = '';
  return {
    add(text: string): void {
      const all = (rest + text).split('\n');
      rest = (all.pop() ?? '').slice(0, longestLine);
      for (const one of all) if (one !== '') line(one);
    },
    end(): void {
      if (rest !== '') line(rest);
    },
  };
}

function interrupted(program: string, said = ''): VolumeError {
  return new VolumeError('timeout', `${program} was interrupted before it was done.${wordsOf(said)}`);
}

function stalled(program: string, patience: number, said: string): VolumeError {
  const time = `${Number((patience / 60_000).toPrecision(2))} minutes`;
  const message = `${program} was ended, because it did nothing for ${time}: what it waits for does not answer.`;
  return new VolumeError('timeout', message + wordsOf(said));
}

/** A program's last words mostly name what it was waiting for. */
function wordsOf(said: string): string {
  return said.trim() === '' ? '' : ` It said: ${said.trim().slice(-500)}`;
}
