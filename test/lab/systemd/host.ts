import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../eventually.ts';
import { type Finished, run } from '../run.ts';
import { targets } from './targets.ts';

/** What it needs; pass it to `describeWith`. */
export const realSystemd = {
  root: true,
  programs: ['unshare', 'nsenter', 'findmnt', 'systemctl', 'journalctl'],
  paths: ['/usr/lib/systemd/systemd', '/sys/fs/cgroup'],
} as const;

/** A simulated host that the real systemd has booted, with its journal and the given units, and nothing else. */
export interface SystemdHost {
  /** The same path inside; removed at the end. */
  readonly folder: string;
  /** The test process's path for a path of the host. */
  path(inside: string): string;
  run(program: string, ...args: readonly string[]): Promise<Finished>;
  /** Kills every process of the host; its mounts, cgroups and files go with it. Also happens if the test process ends. */
  close(): Promise<void>;
}

/** `units`: the text of each by its name, in /usr/lib/systemd/system. */
export async function bootSystemd(units: Readonly<Record<string, string>> = {}): Promise<SystemdHost> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
  for (const name of ['units', 'over', 'dev']) await mkdir(`${folder}/${name}`);
  for (const [name, text] of Object.entries({ ...targets, ...units }))
    await writeFile(`${folder}/units/${name}`, text);
  const script = fileURLToPath(new URL('boot.sh', import.meta.url));
  // Detached: Ctrl-C must not end it, because it cleans up after Ctrl-C.
  const child = spawn('sh', [script, 'outside', folder], { detached: true });
  const booting = await firstLine(child);
  const evidence = () => readFile(`${folder}/boot.log`, 'utf8');
  const pid = await eventually('systemd runs', () => systemdBelow(booting), { evidence });
  const inside = (program: string, args: readonly string[]) =>
    run('nsenter', [`--target=${pid}`, '--all', '--', program, ...args]);
  const host: SystemdHost = {
    folder,
    path: (path) => `/proc/${pid}/root${path}`,
    run: (program, ...args) => inside(program, args),
    close: () => end(child),
  };
  const isUp = async () => (await host.run('systemctl', 'is-system-running')).stdout.trim() === 'running';
  await eventually('systemd has booted', isUp, { evidence });
  return host;
}

/** The PID of unshare(1), whose child becomes systemd. */
async function firstLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  const words: string[] = [];
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    words.push(String(chunk));
    const [, pid] = /^booting (\d+)\n/.exec(words.join('')) ?? [];
    if (pid !== undefined) return pid;
  }
  throw new Error(`The host did not boot: ${words.join('')}`);
}

/** Undefined while it is still the script that becomes systemd. */
async function systemdBelow(parent: string): Promise<number | undefined> {
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
  for (const pid of children.trim().split(' ')) {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8');
    if (name === 'systemd\n') return Number(pid);
  }
  return undefined;
}

async function end(child: ChildProcessWithoutNullStreams): Promise<void> {
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(100_000) });
  child.stdin.end();
  await ended;
}
