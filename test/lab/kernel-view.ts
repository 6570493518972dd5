import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Namespace } from './namespace.ts';
import { post } from './network/unix-http.ts';

/**
 * The kernel's state of a simulated host, freshly read, one item per line: all mounts of its namespace, its mounts outside of it,
 * loop devices with an image in its folder, processes and sockets.
 */
export async function kernelView(folder: string, namespace: Namespace): Promise<readonly string[]> {
  const views = await Promise.all([
    mountsInside(namespace),
    mountsOutside(folder),
    loopDevices(folder),
    processes(folder, namespace.pid()),
    sockets(folder),
    sockets(namespace.path('/run/docker/plugins')),
  ]);
  return views.flat().sort();
}

/** What exists of a simulated host outside of its namespace; nothing, once it is destroyed. */
export async function viewOutside(folder: string): Promise<readonly string[]> {
  const views = await Promise.all([mountsOutside(folder), loopDevices(folder), processes(folder)]);
  return views.flat().sort();
}

/** The lines that `view` has in addition to `base`; repeated lines are counted. */
export function added(base: readonly string[], view: readonly string[]): readonly string[] {
  const rest = [...base];
  return view.filter((line) => {
    const at = rest.indexOf(line);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

/** Without the sockets on which a running daemon answers for drivers that were removed from its configuration. */
export async function withoutRemovedDrivers(
  lines: readonly string[],
  namespace: Namespace,
): Promise<readonly string[]> {
  const kept = lines.map(async (line) => ((await isOfRemoved(line, namespace)) ? [] : [line]));
  return (await Promise.all(kept)).flat();
}

async function isOfRemoved(line: string, namespace: Namespace): Promise<boolean> {
  const socket = /^socket (?<name>.+\.sock)$/.exec(line)?.groups?.name;
  if (socket === undefined) return false;
  const path = namespace.path(`/run/docker/plugins/${socket}`);
  const answer = await post(path, '/Plugin.Activate', {}).catch(() => undefined);
  return answer?.body.includes('was removed from the configuration of this daemon') === true;
}

/** Mountpoints of a mount table, bottom first, as the kernel escapes them. */
export async function mountpoints(mountInfo: string): Promise<readonly string[]> {
  const table = await readFile(mountInfo, 'utf8');
  return table.trimEnd().split('\n').map(mountpointOf);
}

function mountpointOf(line: string): string {
  return line.split(' ')[4] ?? '';
}

async function mountsInside(namespace: Namespace): Promise<readonly string[]> {
  const points = await mountpoints(`/proc/${namespace.pid()}/mountinfo`);
  return points.map((point) => `mount ${point}`);
}

async function mountsOutside(folder: string): Promise<readonly string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  const lines = table.split('\n').filter((line) => line.includes(basename(folder)));
  return lines.map((line) => `mount outside ${mountpointOf(line)}`);
}

async function loopDevices(folder: string): Promise<readonly string[]> {
  const devices = (await readdir('/sys/block')).filter((name) => name.startsWith('loop'));
  const views = devices.map(async (device) => {
    const backing = await readOrNothing(`/sys/block/${device}/loop/backing_file`);
    return backing.includes(basename(folder)) ? [`loop ${backing.trim()}`] : [];
  });
  return (await Promise.all(views)).flat();
}

/** PIDs of a simulated host and its containers. Their mount tables contain the host's folder: see holder.sh. */
export async function processesOf(folder: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = pids.map(async (pid) => {
    const table = await readOrNothing(`/proc/${pid}/mountinfo`);
    return table.includes(basename(folder)) ? [Number(pid)] : [];
  });
  return (await Promise.all(found)).flat();
}

async function processes(folder: string, except?: number): Promise<readonly string[]> {
  const pids = (await processesOf(folder)).filter((pid) => pid !== except);
  return Promise.all(pids.map(async (pid) => `process ${(await readOrNothing(`/proc/${pid}/comm`)).trim()}`));
}

async function sockets(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.filter((entry) => entry.isSocket()).map((entry) => `socket ${entry.name}`);
}

/** The content of a file; empty if it no longer exists. */
async function readOrNothing(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch(() => '');
}
