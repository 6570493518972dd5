import type { Volume } from '../../../core/volume.ts';
import type { DataKind } from '../../shared/recorded/data-kind.ts';
import type { Registry } from '../../shared/recorded/registry.ts';
import { requireSpace, whereMade } from '../image-space.ts';
import type { RootParts } from '../layout.ts';
import type { Limits } from './limits.ts';

interface QuotaParts extends RootParts {
  readonly limits: Limits;
  readonly registry: Registry;
  /** Volumes that are a directory in the root. */
  readonly directories: DataKind;
}

/**
 * Directories with a size, as a project with a limit. Whatever put the directory in its place (a create, a copy, the trash, a backup
 * of the root): its project and limit are looked at before each mount, and made right.
 */
export function createQuotaVolumes(parts: QuotaParts): DataKind {
  const { host, files, layout, limits, registry, directories } = parts;
  return {
    ...directories,
    async requireFree(volume, signal) {
      await limits.require(`Volume ${volume.name} could not be created`);
      await requireSpace(host, volume, layout.root, await whereMade(host, layout.root));
      await directories.requireFree(volume, signal);
    },
    async prepare(volume, signal) {
      await limits.require(`Volume ${volume.name} could not be created`);
      await requireSpace(host, volume, layout.root);
      await directories.prepare(volume, signal);
      const directory = layout.directory(volume);
      return limits.provide({ volume, directory, record: async () => undefined }, signal);
    },
    async discard(volume) {
      const directory = layout.directory(volume);
      const isThere = (await files.facts(directory))?.kind === 'directory';
      const project = isThere ? await limits.projectOf(directory) : undefined;
      await directories.discard(volume);
      if (project !== undefined) await limits.release(project);
    },
    async stage(volume, mountpoint, signal) {
      if ((await files.facts(layout.directory(volume)))?.kind === 'directory')
        await provideRecorded({ limits, layout, registry }, volume, signal);
      return directories.stage(volume, mountpoint, signal);
    },
  };
}

/** For a directory that is in its place. Returns the volume as it is recorded then. */
export async function provideRecorded(
  { limits, layout, registry }: Pick<QuotaParts, 'limits' | 'layout' | 'registry'>,
  volume: Volume,
  signal: AbortSignal,
): Promise<Volume> {
  await limits.require(`Volume ${volume.name} could not be mounted`);
  const recorded = await registry.lookup(volume.name);
  const isRecorded = recorded?.id === volume.id;
  const limited = {
    volume: isRecorded ? recorded : volume,
    directory: layout.directory(volume),
    record: async (provided: Volume) => {
      if (isRecorded) await registry.replace(provided);
    },
  };
  return limits.provide(limited, signal);
}
