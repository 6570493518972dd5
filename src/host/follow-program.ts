import { spawn } from 'node:child_process';
import { VolumeError } from '../core/volume-error.ts';
import type { FollowedEnd, FollowedPrograms } from './host.ts';
import { killGroup, notStarted, standardSearchPath } from './run-command.ts';
import { startRunGuard } from './run-guard.ts';

/** Characters of stderr that are kept: its end. */
const mostSaid = 8 * 1024;
/** Characters of a line; a longer one is cut. */
const longestLine = 16 * 1024 * 1024;
/** Milliseconds for an interrupted program to take back its locks. */
const endGrace = 5_000;

export function createFollowedPrograms(searchPath: string = standardSearchPath): FollowedPrograms {
  return {
    async follow(program, args, { environment, directory, line }, signal): Promise<FollowedEnd> {
      if (signal.aborted) throw ended(program);
      const guard = startRunGuard();
      const child = spawn(program, args, {
        cwd: directory,
        env: { PATH: searchPath, LC_ALL: 'C', ...environment, ...guard.env },
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-mostSaid);
      });
      const lines = splitLines(line);
      child.stdout.setEncoding('utf8').on('data', lines.add);
      let timer: NodeJS.Timeout | undefined;
      const interrupt = () => {
        killGroup(child, 'SIGINT');
        timer = setTimeout(() => {
          killGroup(child);
          void guard.kill();
        }, endGrace);
      };
      signal.addEventListener('abort', interrupt);
      try {
        const exitCode = await new Promise<number>((resolve, reject) => {
          child.once('error', (error) => reject(notStarted(program, error)));
          child.once('close', (code) => resolve(code ?? 128));
        });
        lines.end();
        if (signal.aborted) throw ended(program, said);
        return { exitCode, stderr: said };
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', interrupt);
        guard.release();
      }
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

/** The end of what it said tells what it waited for. */
function ended(program: string, said = ''): VolumeError {
  const words = said.trim() === '' ? '' : ` It said: ${said.trim().slice(-500)}`;
  return new VolumeError('timeout', `${program} was interrupted before it was done.${words}`);
}
