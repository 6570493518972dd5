import * as z from 'zod/mini';
import type { Log } from '../../core/log.ts';
import { parseSnapshotName, parseVolumeName, type SnapshotName, type VolumeName } from '../../core/names.ts';
import { once } from '../../core/once.ts';
import type { Host } from '../../host/host.ts';

/** Work that is running, or was interrupted by a kill. The next start cleans up after it, also after a reboot. */
export type Intent = AsideIntent | FillIntent;

/** Data that is mounted aside at `path`. It may be that of a snapshot made for this purpose. */
export interface AsideIntent {
  readonly kind: 'aside';
  readonly id: string;
  readonly volume: VolumeName;
  readonly path: string;
  readonly snapshot?: SnapshotName | undefined;
}

/** A volume that is being filled. `id` is the volume's ID. It is mounted at `path`. */
export interface FillIntent {
  readonly kind: 'fill';
  readonly id: string;
  readonly volume: VolumeName;
  readonly path: string;
}

/** The intents of one driver, one file each. */
export interface Intents {
  /** Those of an earlier process. */
  leftovers(): readonly Intent[];
  /** Whether the volume with this ID is not wholly filled. */
  isUnfinished(volumeId: string): boolean;
  add(intent: Intent): Promise<void>;
  delete(intent: Intent): Promise<void>;
}

const schema = once(() =>
  z.object({
    kind: z.enum(['aside', 'fill']),
    id: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
    volume: z.pipe(
      z.string(),
      z.transform((text: string) => parseVolumeName(text)),
    ),
    path: z.string().check(z.startsWith('/')),
    snapshot: z.optional(
      z.pipe(
        z.string(),
        z.transform((text: string) => parseSnapshotName(text)),
      ),
    ),
  }),
);

/** Intents that cannot be read are kept, and logged. */
export async function openIntents(
  { files }: Pick<Host, 'files'>,
  log: Log,
  stateDir: string,
): Promise<Intents> {
  const folder = `${stateDir}/intents`;
  const fileOf = ({ id }: Intent) => `${folder}/${id}.json`;
  const known = new Map<string, Intent>();
  for (const name of ((await files.list(folder)) ?? []).filter((one) => /^[0-9a-f]{16}\.json$/.test(one))) {
    try {
      const intent = schema().parse(JSON.parse((await files.readText(`${folder}/${name}`)) ?? ''));
      known.set(intent.id, intent);
    } catch (error) {
      log.write('warn', 'intent-unreadable', { path: `${folder}/${name}`, error });
    }
  }
  const earlier = [...known.values()];
  return {
    leftovers: () => earlier.filter(({ id }) => known.has(id)),
    isUnfinished: (volumeId) => known.get(volumeId)?.kind === 'fill',
    async add(intent) {
      await files.makePrivateDirectory(folder);
      await files.writeText(fileOf(intent), JSON.stringify(intent), 'replace');
      known.set(intent.id, intent);
    },
    async delete(intent) {
      await files.removeFile(fileOf(intent));
      known.delete(intent.id);
    },
  };
}
