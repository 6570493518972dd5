import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';

/** Kills all processes of a run when we end or the run's deadline is over, wherever they are in the process tree. */
export interface RunGuard {
  /** Environment for the run's program; its children inherit it. */
  readonly env: Readonly<Record<string, string>>;
  /** Called when the run has ended by itself: processes that it left, such as the client of a mount, stay. */
  release(): void;
  /** Kills all processes of the run. Resolves once none is left, or after six seconds. */
  kill(): Promise<void>;
}

const mark = 'HOLDFAST_RUN';
/** Milliseconds; the guard itself tries for five seconds. */
const patience = 6_000;

/**
 * Killing a process group is not enough: the GlusterFS client starts its own session before its work is done, and would mount
 * its volume later. So processes are found by their environment. `rpc.statd`, which mount.nfs starts if none runs, is spared: it
 * serves the whole host. If `read` gets nothing, the pipe's other end is closed: this process has ended.
 */
const script = `
read -r word && exit
round=0
while [ $((round += 1)) -le 100 ]; do
  found=
  for file in $(grep -lzsxF -e "${mark}=$0" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    pid=\${pid%/environ}
    read -r name < "/proc/$pid/comm" || continue
    [ "$name" = rpc.statd ] && continue
    kill -s KILL "$pid" && found=yes
  done
  [ "$found" ] || exit
  sleep 0.05
done`;

/** Must be started before the program. */
export function startRunGuard(): RunGuard {
  const id = randomBytes(8).toString('hex');
  const guard = spawn('/bin/sh', ['-c', script, id], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve) =>
    guard.once('exit', () => resolve()).once('error', () => resolve()),
  );
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return {
    env: { [mark]: id },
    release: () => void guard.stdin.end('ended\n'),
    kill: () => {
      guard.stdin.end();
      return Promise.race([ended, new Promise<void>((resolve) => setTimeout(resolve, patience).unref())]);
    },
  };
}
