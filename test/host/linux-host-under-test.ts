import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmdirSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLinuxHost, type LinuxHostSettings } from '../../src/host/linux-host.ts';
import { mountsBelow, parseMountTable } from '../../src/host/mount-table.ts';
import type { HostUnderTest } from '../contract/host-contract.ts';

/** A real host in a folder of its own; other namespaces are real ones, of `unshare`. */
export async function linuxHostUnderTest(
  systemCalls: LinuxHostSettings['systemCalls'],
): Promise<HostUnderTest> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-host-')));
  const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-elsewhere-')));
  const host = await createLinuxHost({ systemCalls });
  const children: ChildProcess[] = [];
  const begin = async (script: string, ...args: readonly string[]) => {
    const child = await startNamespace(script, args);
    children.push(child);
    return () => end(child);
  };
  return {
    host,
    folder,
    knowsImmutable: knowsImmutable(folder),
    user: { command: 'sleep', mountpoint: elsewhere },
    link: (target, path) => symlink(target, path),
    useElsewhere: (source) => begin('mount --bind "$0" "$1"', source, elsewhere),
    inheritElsewhere: () => begin(':'),
    loopsOf: async (image) => loopsOf(image),
    cleanUp: async () => {
      await host.close();
      await Promise.all(children.map(end));
      unmountBelow(folder);
      removeFolder(folder);
      rmdirSync(elsewhere);
    },
  };
}

/** A process in a mount namespace of its own, which has done the script and lives until it is ended. */
async function startNamespace(script: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn('unshare', ['-m', 'sh', '-c', `${script} && echo ready && exec sleep 1000`, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => {
      throw new Error('the other namespace did not come up');
    }),
  ]);
  await isCalled(child, 'sleep');
  return child;
}

/** The shell says that it is ready just before it becomes `sleep`. */
async function isCalled(child: ChildProcess, command: string): Promise<void> {
  while (readFileSync(`/proc/${child.pid}/comm`, 'utf8').trim() !== command) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function loopsOf(image: string): number {
  return readdirSync('/sys/block').filter((name) => backingFile(name) === image).length;
}

function backingFile(name: string): string | undefined {
  try {
    return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function unmountBelow(folder: string): void {
  const table = parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'));
  for (const { mountpoint } of [...mountsBelow(table, folder)].reverse()) spawnSync('umount', [mountpoint]);
}

function removeFolder(folder: string): void {
  spawnSync('chattr', ['-R', '-i', folder]);
  const { status, stderr } = spawnSync('rm', ['-rf', '--one-file-system', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`a test left something behind: ${stderr}`);
}

function knowsImmutable(folder: string): boolean {
  const probe = join(folder, 'probe');
  mkdirSync(probe);
  const { status } = spawnSync('chattr', ['+i', probe]);
  spawnSync('chattr', ['-i', probe]);
  rmdirSync(probe);
  return status === 0;
}
