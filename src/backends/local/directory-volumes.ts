import { join } from 'node:path';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Host } from '../../host/host.ts';
import type { AuditedAct } from '../backend.ts';
import { bindVerified, takeDown } from '../shared/binding.ts';
import type { DataKind, Staged } from '../shared/data-kind.ts';
import { ownerOf } from '../shared/directory-options.ts';
import type { Layout } from './layout.ts';

/** Volumes that are a directory of the root. */
export function createDirectoryVolumes(
  host: Host,
  layout: Layout,
  audit: (act: AuditedAct['act'], volume: Volume, evidence: string) => void,
): DataKind {
  const { files } = host;

  async function prepare(volume: Volume): Promise<void> {
    const path = layout.directory(volume);
    if (await files.createDirectory(path, ownerOf(volume))) return;
    await refuseOccupied(host, volume, path);
    audit('take-over', volume, `${path} was there without a record, a real directory with nothing in it`);
    await files.setOwner(path, ownerOf(volume));
  }

  /** An empty directory is all that `prepare` can have made; rmdir proves that it is empty. */
  async function discard(volume: Volume): Promise<void> {
    const path = layout.directory(volume);
    if (await isEmptyDirectory(host, path)) await files.removeDirectory(path);
  }

  /** Resolved once: a root that is moved later shows itself, since what is bound is compared with what the root has. */
  let canonicalRoot: string | undefined;

  async function stage(volume: Volume, mountpoint: string): Promise<Staged> {
    canonicalRoot ??= (await files.realPath(layout.root)) ?? layout.root;
    try {
      return await bindVerified(host, {
        volume,
        source: join(canonicalRoot, volume.name),
        data: layout.directory(volume),
        mountpoint,
        over: 'bare',
      });
    } catch (error) {
      canonicalRoot = undefined;
      throw error;
    }
  }

  return {
    madeUnder: 'name',
    prepare,
    settle: async () => undefined,
    discard,
    placeOf: (volume) => ({ kind: 'owned', paths: [layout.directory(volume)] }),
    stage,
    unstage: (volume, mountpoint) => takeDown(host, volume, mountpoint),
  };
}

async function refuseOccupied(host: Host, volume: Volume, path: string): Promise<void> {
  if (await isEmptyDirectory(host, path)) return;
  const kind = (await host.files.facts(path))?.kind;
  const found = kind === 'directory' ? 'a directory with something in it' : `a ${kind}`;
  throw new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be created: ${path} is there already, ${found}, and no volume's record names it. ` +
      'Move it away, or adopt it with `-o path=…` from a place below `allowedRoots`.',
  );
}

async function isEmptyDirectory(host: Host, path: string): Promise<boolean> {
  if ((await host.files.facts(path))?.kind !== 'directory') return false;
  if ((await host.mounts.at(path)).kind === 'mounted') return false;
  return (await host.files.list(path))?.length === 0;
}
