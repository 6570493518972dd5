import type { Log } from '../../core/log.ts';
import type { VolumeName } from '../../core/names.ts';
import { type KnownVolume, sameVolume } from '../../core/volume.ts';
import type { Host } from '../../host/host.ts';
import { openStateFile } from './journal-file.ts';
import { createNotedLooks } from './noted-looks.ts';
import { type CatalogRecord, parseCatalogRecord } from './records.ts';
import { createVolumeMap } from './volume-map.ts';

/** This host's cache of which volumes exist: Get and List answer from it, with the storage down as well. */
export interface Catalog {
  get(name: VolumeName): KnownVolume | undefined;
  volumes(): Iterable<KnownVolume>;
  readonly size: number;
  /** How many of them are known to be unreadable. */
  readonly unreadable: number;
  /** Changes with every volume that comes or goes. */
  readonly revision: number;
  /**
   * Whether the catalog is complete: the storage was listed, or the cache file was closed by its daemon. A file that is empty
   * or cut off is not complete: its volumes exist, and there may be more.
   */
  readonly known: boolean;
  /** When the storage was last listed, in milliseconds since the epoch. */
  readonly listedAt: number | undefined;
  put(volume: KnownVolume): void;
  delete(name: VolumeName): void;
  /**
   * Takes over what a look at the storage finds under one name, however late it ends. If the name changed here meanwhile, the
   * look is older and is passed over.
   */
  follow(name: VolumeName, look: () => Promise<KnownVolume | undefined>): Promise<KnownVolume | undefined>;
  /**
   * Takes over what `list` finds, except what changed here meanwhile; a volume that `pinned` names stays, listed or not.
   * Calls at the same time share one.
   */
  refresh(list: () => Promise<readonly KnownVolume[]>, pinned: (name: VolumeName) => boolean): Promise<void>;
  /** Resolves once no refresh is under way, however it ended. */
  listed(): Promise<void>;
  close(): Promise<void>;
}

export async function openCatalog(host: Host, log: Log, directory: string): Promise<Catalog> {
  const volumes = createVolumeMap();
  const looks = createNotedLooks();
  let revision = 0;
  let listedAt: number | undefined;
  let refreshing: Promise<void> | undefined;
  let isClosed = false;
  /** The last record read is the end mark, and its count fits. */
  let isWhole = false;

  const apply = (record: CatalogRecord): void => {
    isWhole = record.kind === 'end' && record.count === volumes.size;
    if (record.kind === 'end') return;
    revision += 1;
    if (record.kind === 'put') volumes.set(record.volume);
    else volumes.delete(record.name);
  };

  const { journal } = await openStateFile<CatalogRecord>({
    host,
    log,
    path: `${directory}/catalog.jsonl`,
    parse: parseCatalogRecord,
    apply,
    snapshot: () => [...volumes.all()].map((volume) => ({ kind: 'put', volume })),
    size: () => volumes.size,
    // The mark must be last, so that a file that was cut off never seems whole.
    cutLast: () => isWhole,
  });
  const wasWhole = isWhole;

  function put(volume: KnownVolume): void {
    change({ kind: 'put', volume });
    looks.note(volume.name);
  }

  function remove(name: VolumeName): void {
    if (volumes.has(name)) change({ kind: 'delete', name });
    looks.note(name);
  }

  async function write(record: CatalogRecord): Promise<void> {
    // A look may end later than its driver.
    if (isClosed) return;
    // A cache that cannot be written loses nothing: the storage is the database.
    await journal.append([record]).catch(notWritten);
  }

  function notWritten(error: unknown): void {
    log.write('warn', 'catalog-not-written', { error });
  }

  function change(record: CatalogRecord): void {
    apply(record);
    void write(record);
  }

  const isKnown = (): boolean => wasWhole || listedAt !== undefined;

  async function takeOver(
    list: () => Promise<readonly KnownVolume[]>,
    pinned: (name: VolumeName) => boolean,
    changed: ReadonlySet<VolumeName>,
  ): Promise<void> {
    const listed = await list();
    const names = new Set(listed.map((volume) => volume.name));
    for (const volume of listed) {
      if (!changed.has(volume.name) && !sameVolume(volumes.get(volume.name), volume)) put(volume);
    }
    for (const name of volumes.names()) {
      if (!names.has(name) && !changed.has(name) && !pinned(name)) remove(name);
    }
    listedAt = host.now();
  }

  return {
    get: volumes.get,
    volumes: volumes.all,
    get size() {
      return volumes.size;
    },
    get unreadable() {
      return volumes.unreadable;
    },
    get revision() {
      return revision;
    },
    get known() {
      return isKnown();
    },
    get listedAt() {
      return listedAt;
    },
    put,
    delete: remove,
    follow: (name, look) =>
      looks.whileNoting(async (changed) => {
        const found = await look();
        if (changed.has(name)) return found;
        if (found === undefined) remove(name);
        else if (!sameVolume(volumes.get(name), found)) put(found);
        return found;
      }),
    refresh(list, pinned) {
      refreshing ??= looks
        .whileNoting((changed) => takeOver(list, pinned, changed))
        .finally(() => {
          refreshing = undefined;
        });
      return refreshing;
    },
    listed: async () => refreshing?.catch(() => undefined),
    async close() {
      const mark: CatalogRecord = { kind: 'end', count: volumes.size };
      const ended = isKnown() && !isClosed ? journal.seal(mark).catch(notWritten) : undefined;
      isClosed = true;
      await ended;
      await journal.close();
    },
  };
}
