import { join } from 'node:path';
import { isUnreadable, type Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { type Registry, type RegistryListing, unreadableAs } from '../recorded/registry.ts';
import { claimsOfOthers, ownedDirectory } from './claims.ts';

/** Milliseconds. */
const patience = 60_000;

/** The same registry, but a record whose directory belongs to another volume counts as unreadable, so that neither loses its data. */
export function createClaimedRegistry(registry: Registry, directory: string): Registry {
  async function ownerOf(found: Volume): Promise<Volume | undefined> {
    // A volume in the directory of its own name always owns it.
    if ((ownedDirectory(found) ?? found.name) === found.name) return undefined;
    const listing = await registry.list(AbortSignal.timeout(patience));
    const same = listing?.volumes.find(({ id }) => id === found.id);
    return same && claimsOfOthers(listing?.volumes ?? []).get(same);
  }

  return {
    ...registry,
    async find(name) {
      const found = await registry.find(name);
      if (found === undefined || isUnreadable(found)) return found;
      const owner = await ownerOf(found);
      const file = registry.fileOf(name);
      return owner === undefined ? found : unreadableAs(name, { file, reason: reasonOf(found, owner) });
    },
    async lookup(name) {
      const found = await registry.lookup(name);
      const owner = found && (await ownerOf(found));
      if (found === undefined || owner === undefined) return found;
      throw new VolumeError(
        'conflict',
        `The record of volume ${name} cannot be used: ${reasonOf(found, owner)}.`,
      );
    },
    async list(signal) {
      const listing = await registry.list(signal);
      return listing && withoutClaims(listing, directory);
    },
  };
}

function withoutClaims({ volumes, unreadable }: RegistryListing, directory: string): RegistryListing {
  const losers = claimsOfOthers(volumes);
  if (losers.size === 0) return { volumes, unreadable };
  const claims = [...losers].map(([volume, owner]) => ({
    file: join(directory, `${volume.name}.json`),
    reason: reasonOf(volume, owner),
  }));
  return {
    volumes: volumes.filter((volume) => !losers.has(volume)),
    unreadable: [...unreadable, ...claims],
  };
}

function reasonOf(volume: Volume, owner: Volume): string {
  return (
    `its directory ${ownedDirectory(volume)} is the same as that of volume ${owner.name} (${ownedDirectory(owner)}), or overlaps it: ` +
    'neither is touched; correct the record, or move it away'
  );
}
