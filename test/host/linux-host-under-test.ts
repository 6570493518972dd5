import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmdirSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLinuxHost, type LinuxHostSettings } from '../../src/host/linux-host.ts';
import { mountsBelow, parseMountTable } from '../../src/host/mounts/table.ts';
import type { RemoteSettings } from '../../src/host/remote/remotes.ts';
import type { HostUnderTest } from '../contract/host/contract.ts';
import { loopsOf } from '../lab/loop/devices.ts';
import { attachLoopDisk, type LoopDisk } from '../lab/loop/disk.ts';
import { type OtherNamespace, startNamespace } from './mount-use/other-namespace.ts';
import { putOdd } from './odd-files.ts';

/** A real host in its own folder; other namespaces are real ones, made by `unshare`. */
export async function linuxHostUnderTest(
  systemCalls: LinuxHostSettings['systemCalls'],
  remote: RemoteSettings = {},
  above: string = tmpdir(),
): Promise<HostUnderTest> {
  const folder = realpathSync(mkdtempSync(join(above, 'holdfast-host-')));
  const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-elsewhere-')));
  const host = await createLinuxHost({ systemCalls, remote });
  const namespaces: OtherNamespace[] = [];
  const disks: LoopDisk[] = [];
  const begin = async (script: string, ...args: readonly string[]) => {
    const namespace = await startNamespace('private', script, args);
    namespaces.push(namespace);
    return () => namespace.end();
  };
  return {
    host,
    folder,
    knowsImmutable: knowsImmutable(above),
    detaches: systemCalls === 'auto' && isSince(6, 15),
    user: { command: 'sleep', mountpoint: elsewhere },
    link: (target, path) => symlink(target, path),
    putOdd,
    useElsewhere: (source) => begin('mount --bind "$0" "$1"', source, elsewhere),
    inheritElsewhere: () => begin(':', folder),
    loopsOf: (image) => loopsOf((file) => file === image),
    attachDisk: async (bytes) => {
      const disk = attachLoopDisk(join(folder, `disk-${disks.length}`), bytes);
      disks.push(disk);
      return disk.device;
    },
    cleanUp: async () => {
      await host.close();
      await Promise.all(namespaces.map((namespace) => namespace.end()));
      unmountBelow(folder);
      for (const disk of disks) disk.detach();
      removeFolder(folder);
      rmdirSync(elsewhere);
    },
  };
}

/** Whether the kernel is of this version or a later one. */
function isSince(major: number, minor: number): boolean {
  const [first = 0, second = 0] = release().split('.').map(Number);
  return first > major || (first === major && second >= minor);
}

export function unmountBelow(folder: string): void {
  const table = parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'));
  for (const { mountpoint } of [...mountsBelow(table, folder)].reverse()) spawnSync('umount', [mountpoint]);
}

export function removeFolder(folder: string): void {
  spawnSync('chattr', ['-R', '-i', folder]);
  const { status, stderr } = spawnSync('rm', ['-rf', '--one-file-system', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`a test left something behind: ${stderr}`);
}

const askedFolders = new Map<string, boolean>();

/** Whether the file system of a folder has the flag "immutable"; tried once, as it takes two programs. */
function knowsImmutable(folder: string): boolean {
  const known = askedFolders.get(folder) ?? tryImmutable(folder);
  askedFolders.set(folder, known);
  return known;
}

function tryImmutable(folder: string): boolean {
  const probe = mkdtempSync(join(folder, 'holdfast-probe-'));
  const { status } = spawnSync('chattr', ['+i', probe]);
  spawnSync('chattr', ['-i', probe]);
  rmdirSync(probe);
  return status === 0;
}
