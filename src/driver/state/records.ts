import { z } from 'zod';
import type { LedgerRecord } from '../../core/mount-ledger.ts';
import { isVolumeName, parseMountId, parseVolumeName } from '../../core/names.ts';
import type { KnownVolume, Options, Volume } from '../../core/volume.ts';

/** The records of state files, checked once where they are read. */
const name = z.string().transform(parseVolumeName);
const id = z.string().transform(parseMountId);
// Not z.record: with 10,000 volumes it takes most of the time in which they are read.
const options = z.custom<Options>(isOptions);
const volume: z.ZodType<Volume> = z.object({
  name,
  id: z.string(),
  options,
  given: options,
  createdAt: z.string(),
  adoptedOn: z.string().optional(),
  project: z.number().optional(),
});

const seen = z.object({ device: z.string(), inode: z.string() });
const place = z.object({ path: z.string(), access: z.enum(['read-write', 'read-only']), seen });

const ledgerRecord: z.ZodType<LedgerRecord> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stage'), volume, at: z.number() }),
  z.object({ kind: z.literal('staged'), name, seen }),
  z.object({
    kind: z.literal('hold'),
    name,
    id,
    at: z.number(),
    mounts: z.number(),
    place: place.exactOptional(),
  }),
  z.object({ kind: z.literal('drop'), name, id }),
  z.object({ kind: z.literal('freeze'), name }),
  z.object({ kind: z.literal('thaw'), name }),
  z.object({ kind: z.literal('gone'), name }),
]);

export type CatalogRecord =
  | { readonly kind: 'put'; readonly volume: KnownVolume }
  | { readonly kind: 'delete'; readonly name: Volume['name'] }
  /** The last record of a closed catalog: its number of volumes. Without this record, volumes may have been cut off. */
  | { readonly kind: 'end'; readonly count: number };

const catalogRecord: z.ZodType<CatalogRecord> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('put'), volume: z.union([volume, z.object({ name, unreadable: z.string() })]) }),
  z.object({ kind: z.literal('delete'), name }),
  z.object({ kind: z.literal('end'), count: z.number() }),
]);

/** Throws for whatever is not a record of the ledger. */
export function parseLedgerRecord(value: unknown): LedgerRecord {
  return ledgerRecord.parse(value);
}

/** Throws for whatever is not a record of the catalog. */
export function parseCatalogRecord(value: unknown): CatalogRecord {
  return isUsualPut(value) ? value : catalogRecord.parse(value);
}

/**
 * A volume as nearly all are: the schema would return an equal one. With 10,000 volumes, the schema takes five times as long. False for
 * anything else, and for whatever is wrong.
 */
function isUsualPut(value: unknown): value is CatalogRecord {
  if (!isRecord(value) || value.kind !== 'put' || !isRecord(value.volume)) return false;
  const { name, id, options, given, createdAt } = value.volume;
  if (countKeys(value) !== 2 || countKeys(value.volume) !== 5) return false;
  if (typeof id !== 'string' || typeof createdAt !== 'string') return false;
  return isVolumeName(name) && isOptions(options) && isOptions(given);
}

function countKeys(value: object): number {
  let count = 0;
  for (const _ in value) count += 1;
  return count;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isOptions(value: unknown): value is Options {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}
