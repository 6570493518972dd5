import { dirname } from 'node:path';
import type { TreeTotals, WriteOrder } from '../../host/host.ts';
import { manifestTags, tagsOf } from '../decisions/tags.ts';
import { describeVolume } from '../description.ts';
import type { Copied, Copying } from './copying.ts';

/** The data in its snapshot. */
export const dataName = 'data';
const [description, manifest] = ['holdfast.json', 'manifest'] as const;
/** restic reads it in this moment, and after a crash it is deleted: it need not be on the disk. */
const passing: WriteOrder = { names: 'unsynced' };
/** What is kept of a volume beside its data. */
export const manifestNames: readonly string[] = [description, manifest];

/** Keeps the data with its manifest, in one snapshot. Resolves with its ID, or the beginning of that. */
export async function keepWhole(copying: Copying, totals: TreeTotals, signal: AbortSignal): Promise<string> {
  const { parts, folder, aside } = copying;
  const directory = dirname(aside.path);
  await describeIn(copying, directory);
  // A manifest that took so little time is small.
  const text = await parts.files.readText(`${folder}/${manifest}`);
  await parts.files.writeText(`${directory}/${manifest}`, text ?? '', 'replace', passing);
  const names = [dataName, ...manifestNames];
  const more = manifestTags({ ...totals, unsettled: 0 });
  return keepTree(copying, { kind: 'whole', names, more }, signal);
}

/** Keeps the data alone: its manifest follows. */
export function keepData(copying: Copying, signal: AbortSignal): Promise<string> {
  return keepTree(copying, { kind: 'data', names: [dataName], more: [] }, signal);
}

interface Kept {
  readonly kind: 'whole' | 'data';
  readonly names: readonly string[];
  /** Tags. */
  readonly more: readonly string[];
}

/** The first failure is looked into: a stale lock is removed, and a parent that another host deleted is replaced. */
async function keepTree(copying: Copying, { kind, names, more }: Kept, signal: AbortSignal): Promise<string> {
  const { parts, repository, wanted, aside } = copying;
  const { volume, parents, progress } = wanted;
  let hasRead = false;
  const refuse = (failure: unknown): never => {
    if (!hasRead) wanted.refused();
    throw failure;
  };
  const keep = () =>
    repository.backup(
      {
        doing: `Volume ${volume} could not be backed up`,
        directory: dirname(aside.path),
        names,
        tags: [...tagsOf({ ...aboutOf(copying), kind }), ...more],
        hostname: parts.hostname,
        parent: parents.of(wanted),
        ...(copying.unread && { unread: copying.unread }),
        progress({ percent, bytes }) {
          hasRead = true;
          copying.read?.(bytes);
          progress(`volume ${volume}: ${percent} %`);
        },
      },
      signal,
    );
  try {
    return await keep();
  } catch (failure) {
    if (hasRead || signal.aborted) throw failure;
    if (await parents.look()) return keep().catch((again) => refuse(again));
    return refuse(failure);
  }
}

/** Keeps the manifest of data that has a snapshot of its own. It needs the volume no more. */
export async function keepManifest(
  copying: Copying,
  { totals, data, unsettled }: Copied,
  signal: AbortSignal,
): Promise<void> {
  const { parts, repository, wanted, folder } = copying;
  await describeIn(copying, folder);
  await repository.backup(
    {
      doing: `The manifest of volume ${wanted.volume} could not be kept`,
      directory: folder,
      names: manifestNames,
      tags: [
        ...tagsOf({ ...aboutOf(copying), kind: 'manifest' }),
        ...manifestTags({ ...totals, data, unsettled }),
      ],
      hostname: parts.hostname,
      progress: () => undefined,
    },
    signal,
  );
}

async function describeIn({ parts, wanted, aside }: Copying, directory: string): Promise<void> {
  const text = describeVolume(wanted.driver, aside);
  await parts.files.writeText(`${directory}/${description}`, text, 'replace', passing);
}

function aboutOf({ run, wanted, aside }: Copying) {
  const { plan, driver, volume } = wanted;
  return {
    run,
    plan,
    driver: driver.name,
    volume,
    volumeId: aside.volume.id,
    consistency: aside.consistency,
  };
}
