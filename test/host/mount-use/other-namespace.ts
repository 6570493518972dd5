import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { MountEntry } from '../../../src/host/host.ts';
import { parseMountTable } from '../../../src/host/mounts/table.ts';
import { forgetMounts } from '../../lab/namespace.ts';

/** A process in its own mount namespace, like a container. */
export interface OtherNamespace {
  readonly pid: number;
  mounts(): readonly MountEntry[];
  end(): Promise<void>;
}

/**
 * Runs the script (`$0`, `$1` … are the arguments) in a new mount namespace; two processes stay there until it is ended. It has copies
 * only of those mounts of tests that are in the folders of the arguments.
 */
export async function startNamespace(
  propagation: 'private' | 'slave' | 'shared',
  script: string,
  args: readonly string[],
): Promise<OtherNamespace> {
  const shell = ['sh', '-c', `${script} || exit 1; sleep 1000 & echo ready; exec sleep 1000`, ...args];
  // What is unmounted in a shared mount disappears from the other tests, too.
  const own = propagation === 'shared' ? shell : ['sh', forgetMounts, ...shell];
  const child = spawn('unshare', ['-m', '--propagation', propagation, ...own], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => {
      throw new Error('the other namespace did not come up');
    }),
  ]);
  await isCalled(child, 'sleep');
  if (child.pid === undefined) throw new Error('It has no process.');
  return {
    pid: child.pid,
    mounts: () => parseMountTable(readFileSync(`/proc/${child.pid}/mountinfo`, 'utf8')),
    end: () => end(child),
  };
}

/** The shell says that it is ready just before it becomes `sleep`. */
async function isCalled(child: ChildProcess, command: string): Promise<void> {
  while (readFileSync(`/proc/${child.pid}/comm`, 'utf8').trim() !== command) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  await once(child, 'exit');
}
