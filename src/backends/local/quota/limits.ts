import { parseSize } from '../../../core/sizes.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { createMutex } from '../../../core/waits/mutex.ts';
import type { Host, ProjectUse } from '../../../host/host.ts';
import { whereMade } from '../image-space.ts';
import type { Layout } from '../layout.ts';
import { inOtherProject, notEnforced } from './not-enforced.ts';
import { candidates, isOurs, namedIds } from './project-ids.ts';

/** Gives directories the sizes of their volumes by project quotas. */
export interface Limits {
  /** Throws `unavailable` if the root's file system does not enforce them. `doing` begins the message. */
  require(doing: string): Promise<void>;
  /**
   * Makes the directory a project with the volume's size as its limit. If its project is not the recorded one, it gets another: `record`
   * is called with the volume before anything is assigned. Does nothing more than look if all is right.
   */
  provide(limited: LimitedDirectory, signal: AbortSignal): Promise<Volume>;
  /** Whether `provide` has nothing to do. */
  isSet(limited: VolumeDirectory): Promise<boolean>;
  use(directory: string, id: number): Promise<ProjectUse>;
  /** The project of the directory, if it is one of ours. */
  projectOf(directory: string): Promise<number | undefined>;
  /** Removes the limit of a project that has nothing any more. Its ID can be taken again then. */
  release(id: number): Promise<void>;
}

interface VolumeDirectory {
  readonly volume: Volume;
  readonly directory: string;
}

interface LimitedDirectory extends VolumeDirectory {
  record(volume: Volume): Promise<void>;
}

/** Bytes. */
const block = 1024;

export function createLimits(host: Host, layout: Layout): Limits {
  const projects = host.projects(layout.root);
  const inTurn = createMutex();
  /** IDs that were chosen, and have no files yet. */
  const taking = new Set<number>();

  async function chooseId(volume: Volume): Promise<number> {
    const named = await namedIds(host.files);
    for (const id of candidates(volume.id))
      if (!named.has(id) && !taking.has(id) && isUnused(await projects.use(layout.root, id))) return id;
    throw new VolumeError(
      'failed',
      `Volume ${volume.name}: no free project was found on the file system of ${layout.root}: see \`repquota -P\`.`,
    );
  }

  /** A record may be of another file system, and a container may change the project of its directory. */
  async function isOfProject({ volume, directory }: VolumeDirectory): Promise<boolean> {
    const { project } = volume;
    if (project === undefined || !isOurs(project)) return false;
    const { id, isInherited } = await projects.of(directory);
    return id === project && isInherited && !(await namedIds(host.files)).has(project);
  }

  /** The kernel keeps limits in whole blocks. */
  async function hasSize({ volume, directory }: VolumeDirectory): Promise<boolean> {
    const more = (await projects.use(directory, volume.project ?? 0)).limit - bytesOf(volume);
    return more >= 0 && more < block;
  }

  async function takeProject(
    { volume, directory, record }: LimitedDirectory,
    signal: AbortSignal,
  ): Promise<Volume> {
    const project = await inTurn(async () => {
      const id = await chooseId(volume);
      taking.add(id);
      return id;
    });
    try {
      const provided = { ...volume, project };
      await record(provided);
      await projects.assign(directory, project, signal);
      return provided;
    } finally {
      taking.delete(project);
    }
  }

  return {
    async require(doing) {
      const root = await whereMade(host, layout.root);
      const own = host.projects(root);
      const state = await own.state(root);
      if (state.kind !== 'enforced') throw notEnforced(doing, layout.root, state);
      const { id, isInherited } = await own.of(root);
      if (isInherited) throw inOtherProject(doing, layout.root, id);
    },
    async provide(limited, signal) {
      const { directory } = limited;
      const volume = (await isOfProject(limited)) ? limited.volume : await takeProject(limited, signal);
      if (!(await hasSize({ volume, directory })))
        await projects.limit(directory, volume.project ?? 0, bytesOf(volume));
      return volume;
    },
    isSet: async (limited) => (await isOfProject(limited)) && hasSize(limited),
    use: (directory, id) => projects.use(directory, id),
    async projectOf(directory) {
      const { id } = await projects.of(directory);
      return isOurs(id) ? id : undefined;
    },
    release: (id) =>
      inTurn(async () => {
        if (!isOurs(id) || (await namedIds(host.files)).has(id)) return;
        const { limit, usedBytes, usedInodes } = await projects.use(layout.root, id);
        if (limit > 0 && usedBytes === 0 && usedInodes === 0) await projects.limit(layout.root, id, 0);
      }),
  };
}

function bytesOf({ options }: Volume): number {
  return parseSize(options.size ?? '');
}

function isUnused({ limit, usedBytes, usedInodes, hasOthers }: ProjectUse): boolean {
  return limit === 0 && usedBytes === 0 && usedInodes === 0 && !hasOthers;
}
