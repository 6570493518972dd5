import type { Log } from '../core/log.ts';
import type { VolumeName } from '../core/names.ts';
import type { Volume } from '../core/volume.ts';
import type { Host } from '../host/host.ts';
import { type CatalogRecord, parseCatalogRecord } from './records.ts';
import { openStateFile } from './state-file.ts';

/** This host's cache of which volumes exist: Get and List answer from it, with the storage down as well. */
export interface Catalog {
  get(name: VolumeName): Volume | undefined;
  volumes(): Iterable<Volume>;
  readonly size: number;
  /** Changes with every volume that comes or goes. */
  readonly revision: number;
  /** False when nothing was read, neither from the cache file nor from the storage: the storage must be asked first. */
  readonly known: boolean;
  /** When the storage was last listed, in milliseconds since the epoch. */
  readonly listedAt: number | undefined;
  put(volume: Volume): void;
  delete(name: VolumeName): void;
  /**
   * Takes over what `list` finds, except what changed here meanwhile; a volume that `pinned` names stays, listed or not.
   * Calls at the same time share one.
   */
  refresh(list: () => Promise<readonly Volume[]>, pinned: (name: VolumeName) => boolean): Promise<void>;
  close(): Promise<void>;
}

export async function openCatalog(host: Host, log: Log, directory: string): Promise<Catalog> {
  const volumes = new Map<VolumeName, Volume>();
  /** Names that changed here while a refresh was under way: what it lists of them is older. */
  const changes = new Set<VolumeName>();
  let revision = 0;
  let listedAt: number | undefined;
  let refreshing: Promise<void> | undefined;

  const apply = (record: CatalogRecord): void => {
    revision += 1;
    if (record.kind === 'put') volumes.set(record.volume.name, record.volume);
    else volumes.delete(record.name);
  };

  const { journal, found } = await openStateFile<CatalogRecord>({
    host,
    log,
    path: `${directory}/catalog.jsonl`,
    parse: parseCatalogRecord,
    apply,
    snapshot: () => [...volumes.values()].map((volume) => ({ kind: 'put', volume })),
    size: () => volumes.size,
  });

  function change(record: CatalogRecord): void {
    apply(record);
    if (refreshing) changes.add(record.kind === 'put' ? record.volume.name : record.name);
    // Nothing is lost with a cache that cannot be written: the storage is the database.
    journal.append([record]).catch((error) => log.write('warn', 'catalog-not-written', { error }));
  }

  async function takeOver(list: () => Promise<readonly Volume[]>, pinned: (name: VolumeName) => boolean) {
    changes.clear();
    const listed = await list();
    const names = new Set(listed.map((volume) => volume.name));
    for (const volume of listed) {
      if (changes.has(volume.name) || volumes.get(volume.name)?.id === volume.id) continue;
      change({ kind: 'put', volume });
    }
    for (const name of [...volumes.keys()]) {
      if (!names.has(name) && !changes.has(name) && !pinned(name)) change({ kind: 'delete', name });
    }
    listedAt = host.now();
  }

  return {
    get: (name) => volumes.get(name),
    volumes: () => volumes.values(),
    get size() {
      return volumes.size;
    },
    get revision() {
      return revision;
    },
    get known() {
      return found === 'read' || listedAt !== undefined;
    },
    get listedAt() {
      return listedAt;
    },
    put: (volume) => change({ kind: 'put', volume }),
    delete: (name) => {
      if (volumes.has(name) || refreshing) change({ kind: 'delete', name });
    },
    refresh(list, pinned) {
      refreshing ??= takeOver(list, pinned).finally(() => {
        refreshing = undefined;
      });
      return refreshing;
    },
    close: () => journal.close(),
  };
}
