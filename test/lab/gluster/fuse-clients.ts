import { basename } from 'node:path';
import { allProcesses, killUntilGone, neighbours } from '../processes.ts';

/** PIDs of the glusterfs clients that serve this mountpoint or one below it, in all namespaces. */
export async function fuseClients(folder: string): Promise<readonly number[]> {
  return clients((mountpoint) => mountpoint === folder || mountpoint.startsWith(`${folder}/`));
}

/** PIDs of the glusterfs clients in the mount namespace of this process, with any mountpoint. */
export async function fuseClientsBeside(pid: number): Promise<readonly number[]> {
  const [beside, all] = await Promise.all([neighbours(pid), clients(() => true)]);
  return all.filter((client) => beside.includes(client));
}

/** Mountpoints of the glusterfs clients in the mount namespace of this process. */
export async function fuseMountpointsBeside(pid: number): Promise<readonly string[]> {
  const beside = await fuseClientsBeside(pid);
  const processes = await allProcesses();
  return processes.filter((each) => beside.includes(each.pid)).map(({ args }) => args.at(-1) ?? '');
}

/** Kills (-9) the client of exactly this mountpoint, which stays mounted and answers ENOTCONN. */
export async function killFuseClient(mountpoint: string): Promise<void> {
  const find = () => clients((served) => served === mountpoint);
  if ((await find()).length === 0) throw new Error(`No glusterfs client serves ${mountpoint}.`);
  await killUntilGone(`the client of ${mountpoint}`, find);
}

/** A client's last argument is its mountpoint. */
async function clients(fits: (mountpoint: string) => boolean): Promise<readonly number[]> {
  const processes = await allProcesses();
  const found = processes.filter(({ args }) => {
    const isClient = basename(args[0] ?? '') === 'glusterfs' && args.includes('fuse');
    return isClient && fits(args.at(-1) ?? '');
  });
  return found.map(({ pid }) => pid);
}
