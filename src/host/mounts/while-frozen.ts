import { type ChildProcess, spawn } from 'node:child_process';
import { VolumeError } from '../../core/volume-error.ts';
import type { Mounts } from '../host.ts';

/**
 * One process freezes and thaws: it reads its input, which ends when the work is done or when this process dies, and `timeout` ends the
 * reading otherwise. What was written before is flushed first, so that the freeze is short.
 */
const script = `
trap '' HUP INT TERM
sync --file-system "$1"
fsfreeze --freeze "$1" || exit 3
echo frozen
timeout "$2" cat > /dev/null
result=$?
fsfreeze --unfreeze "$1" || exit 4
exit "$result"`;
/** Milliseconds. Flushing is done before anything is frozen. */
const flushDeadline = 60_000;

export function createWhileFrozen(searchPath: string): Mounts['whileFrozen'] {
  return async (target, most, work) => {
    const child = spawn('sh', ['-c', script, 'holdfast-freeze', target, `${most / 1000}`], {
      cwd: '/',
      env: { PATH: searchPath, LC_ALL: 'C' },
      // A signal for our process group must not end it.
      detached: true,
    });
    child.stdin.on('error', () => undefined);
    const ended = endOf(child);
    try {
      await frozen(child, ended, target);
      const value = await work();
      child.stdin.end();
      return { value, isWhole: (await ended).exitCode === 0 };
    } finally {
      child.stdin.end();
      await ended.catch(() => undefined);
    }
  };
}

interface End {
  readonly exitCode: number | null;
  readonly says: string;
}

function endOf(child: ChildProcess): Promise<End> {
  let says = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    says = `${says}${chunk}`.slice(0, 1000);
  });
  const end = new Promise<End>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, says }));
  });
  end.catch(() => undefined);
  return end;
}

/** Resolves once it is frozen. */
async function frozen(child: ChildProcess, ended: Promise<End>, target: string): Promise<void> {
  const told = new Promise<'frozen'>((resolve) => child.stdout?.once('data', () => resolve('frozen')));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), flushDeadline);
  });
  const first = await Promise.race([told, ended, late]).finally(() => clearTimeout(timer));
  if (first === 'frozen') return;
  if (first === 'late') {
    // It thaws as soon as it has frozen, because its input has ended.
    child.stdin?.end();
    throw new VolumeError('timeout', `Flushing ${target} takes longer than ${flushDeadline / 1000} s.`);
  }
  throw new VolumeError('failed', `Cannot freeze ${target}: ${first.says.trim()}`);
}
