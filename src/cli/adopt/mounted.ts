import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Found, Obstacle } from './found.ts';

/** A mount of this host, as its mount table has it. */
export interface SeenMount {
  readonly mountpoint: string;
  readonly source: string;
  readonly type: string;
}

/** What tells of volumes that have no records on the host. */
export interface SeenHost {
  mounts(): Promise<readonly SeenMount[]>;
  /** The ID of the EBS volume that is this device; undefined if the device does not say. */
  diskId(device: string): Promise<string | undefined>;
}

/** NVMe devices of EBS have the volume's ID, without its dash, as their serial number. `blocks`: /sys/class/block. */
export async function diskIdIn(blocks: string, device: string): Promise<string | undefined> {
  const [, name] = /^\/dev\/(nvme\d+n\d+)$/.exec(device) ?? [];
  if (name === undefined) return undefined;
  const serial = await readFile(join(blocks, name, 'device/serial'), 'utf8').catch(() => '');
  const [, hex] = /^vol-?([0-9a-f]{8,17})\s*$/.exec(serial) ?? [];
  return hex === undefined ? undefined : `vol-${hex}`;
}

/** netshare keeps its volumes in memory. */
export async function netshareVolumes(
  host: SeenHost,
  folder: string,
): Promise<readonly (Found | Obstacle)[]> {
  const mounts = await mountsIn(host, folder);
  return mounts.map(({ name, source, type }) => {
    if (/^nfs4?$/.test(type)) return { name, backend: 'nfs', options: { share: source } };
    return { name, obstacle: `No backend mounts ${type}: docs/migrating.md says what to do.` };
  });
}

/** REX-Ray asks EC2 for its volumes. */
export function rexrayVolumes(host: SeenHost, folder: string): Promise<readonly (Found | Obstacle)[]> {
  return disksIn(host, folder, (name, volumeId, fsType) => ({
    name,
    backend: 'ebs',
    options: { volumeId, fsType },
  }));
}

/** Flocker mounts datasets by their ID; only its control service knows their names. */
export function flockerVolumes(host: SeenHost, folder: string): Promise<readonly (Found | Obstacle)[]> {
  return disksIn(host, folder, (name, volumeId) => ({
    name,
    obstacle: `The name of this dataset is in Flocker's control service. Adopt it by hand: holdfast volume create -o volumeId=${volumeId} -o rootPath=/ NAME`,
  }));
}

async function disksIn(
  host: SeenHost,
  folder: string,
  found: (name: string, volumeId: string, fsType: string) => Found | Obstacle,
): Promise<readonly (Found | Obstacle)[]> {
  const mounts = await mountsIn(host, folder);
  return Promise.all(
    mounts.map(async ({ name, source, type }) => {
      const id = await host.diskId(source);
      if (id !== undefined) return found(name, id, type);
      const obstacle = `${source} does not say which EBS volume it is: ask EC2, and adopt it by hand, as docs/migrating.md describes.`;
      return { name, obstacle };
    }),
  );
}

async function mountsIn(
  host: SeenHost,
  folder: string,
): Promise<readonly (SeenMount & { readonly name: string })[]> {
  const place = `${folder.replace(/\/+$/, '')}/`;
  const mounts = (await host.mounts()).filter(({ mountpoint }) => mountpoint.startsWith(place));
  return mounts.map((mount) => ({ ...mount, name: mount.mountpoint.slice(place.length) }));
}
