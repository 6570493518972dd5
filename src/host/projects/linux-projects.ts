import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createHeldDirectories, forOthers, type HeldDirectories } from '../files/held-directory.ts';
import { namesBelow } from '../files/names-below.ts';
import { createNear } from '../files/near.ts';
import { withOpened } from '../files/opened.ts';
import type { ProjectState, Projects } from '../host.ts';
import type { ReadMountTable } from '../mounts/kernel-mounts.ts';
import { mountsBelow } from '../mounts/table.ts';
import type { SystemCalls } from '../system-calls.ts';
import { systemError } from '../system-error.ts';
import { assignTree } from './assign-tree.ts';
import { readProject, readState, readUse, writeLimit } from './kernel-calls.ts';

interface Parts {
  readonly calls: SystemCalls | undefined;
  readonly readTable: ReadMountTable;
}

/** A directory, and its path without symlinks. */
interface Opened {
  readonly directory: FileHandle;
  readonly canonical: string;
}

export function linuxProjects(parts: Parts): (root: string) => Projects {
  const directories = createHeldDirectories(createNear(parts.calls, undefined));
  return (root) => projectsBelow(parts, directories, root);
}

function projectsBelow({ calls, readTable }: Parts, directories: HeldDirectories, root: string): Projects {
  const at = async <T>(path: string, work: (calls: SystemCalls, opened: Opened) => Promise<T>): Promise<T> =>
    directories.use(root, namesBelow(root, path), async (held) => {
      if (calls === undefined) throw systemError('ENOSYS', 'quotactl', path);
      const { canonical } = await forOthers(`${held}/.`);
      const directory = await open(`${held}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
      return withOpened(directory, () => work(calls, { directory, canonical }));
    });

  return {
    state: (path) =>
      calls === undefined
        ? Promise.resolve({ kind: 'off', ...unknownMount(path) })
        : at(path, async (known, { directory, canonical }) => ({
            kind: await readState(known, directory.fd),
            ...(await mountOf(known, readTable, canonical)),
          })),
    of: (path) => at(path, async (known, { directory }) => readProject(known, directory.fd)),
    use: (path, id) => at(path, (known, { directory }) => readUse(known, directory.fd, id)),
    limit: (path, id, bytes) =>
      at(path, (known, { directory }) => writeLimit(known, directory.fd, id, bytes)),
    assign: (path, id, signal, tell) =>
      at(path, async (known, { directory, canonical }) => {
        const isMountedIn = mountsBelow(await readTable(), canonical).length > 0;
        if (isMountedIn) throw systemError('EBUSY', 'project', path);
        await assignTree(known, directory, id, signal, tell);
      }),
  };
}

async function mountOf(
  calls: SystemCalls,
  readTable: ReadMountTable,
  path: string,
): Promise<Omit<ProjectState, 'kind'>> {
  const mountId = calls.statMount(path)?.mountId;
  const entry = (await readTable()).find((mount) => `${mount.mountId}` === mountId);
  if (entry === undefined) return unknownMount(path);
  return { fileSystem: entry.type, source: entry.source, mountpoint: entry.mountpoint };
}

function unknownMount(path: string): Omit<ProjectState, 'kind'> {
  return { fileSystem: 'unknown', source: '', mountpoint: path };
}
