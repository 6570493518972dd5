import * as z from 'zod/mini';
import type { LedgerRecord } from '../../core/mount-ledger.ts';
import { isVolumeName, parseMountId, parseVolumeName, type VolumeName } from '../../core/names.ts';
import { once } from '../../core/once.ts';
import type { KnownVolume, Options, Volume } from '../../core/volume.ts';

/** The records of state files, checked once where they are read. */
const nameSchema = once(() =>
  z.pipe(
    z.string(),
    z.transform((text: string) => parseVolumeName(text)),
  ),
);
const volumeSchema = once((): z.ZodMiniType<Volume> => {
  // Not z.record: with 10,000 volumes it takes most of the time in which they are read.
  const options = z.custom<Options>(isOptions);
  return z.object({
    name: nameSchema(),
    id: z.string(),
    options,
    given: options,
    createdAt: z.string(),
    adoptedOn: z.optional(z.string()),
    project: z.optional(z.number()),
  });
});

const ledgerSchema = once((): z.ZodMiniType<LedgerRecord> => {
  const name = nameSchema();
  const id = z.pipe(
    z.string(),
    z.transform((text: string) => parseMountId(text)),
  );
  const seen = z.object({ device: z.string(), inode: z.string() });
  const place = z.object({ path: z.string(), access: z.enum(['read-write', 'read-only']), seen });
  return z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('stage'), volume: volumeSchema(), at: z.number() }),
    z.object({ kind: z.literal('staged'), name, seen }),
    z.object({
      kind: z.literal('hold'),
      name,
      id,
      at: z.number(),
      mounts: z.number(),
      place: z.exactOptional(place),
    }),
    z.object({ kind: z.literal('drop'), name, id }),
    z.object({ kind: z.literal('freeze'), name }),
    z.object({ kind: z.literal('thaw'), name }),
    z.object({ kind: z.literal('gone'), name }),
  ]);
});

/** A volume as read from the file: its record is parsed and checked when it is first needed (`readLate`). */
export interface LateVolume {
  readonly name: VolumeName;
  /** As written. */
  readonly record: string;
}

export type CatalogRecord =
  | { readonly kind: 'put'; readonly volume: KnownVolume | LateVolume }
  | { readonly kind: 'delete'; readonly name: Volume['name'] }
  /** The last record of a closed catalog: its number of volumes. Without this record, volumes may have been cut off. */
  | { readonly kind: 'end'; readonly count: number };

const catalogSchema = once((): z.ZodMiniType<CatalogRecord> => {
  const name = nameSchema();
  const unreadable = z.object({ name, unreadable: z.string() });
  return z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('put'), volume: z.union([volumeSchema(), unreadable]) }),
    z.object({ kind: z.literal('delete'), name }),
    z.object({ kind: z.literal('end'), count: z.number() }),
  ]);
});

/** Throws for whatever is not a record of the ledger. */
export function parseLedgerRecord(text: string): LedgerRecord {
  return ledgerSchema().parse(JSON.parse(text));
}

/** What stands before and after the name in the record of a volume that could be read. */
const [beforeName, afterName] = ['{"kind":"put","volume":{"name":"', '","id":"'];
/** The same of a volume that is gone; nothing follows. */
const [beforeGone, afterGone] = ['{"kind":"delete","name":"', '"}'];
/** The last record of a closed catalog: making the schema for it alone takes milliseconds. */
const endMark = /^\{"kind":"end","count":(0|[1-9]\d{0,14})(?:,"sum":"[0-9a-f]{8}")?\}$/;

/**
 * Throws for whatever is not a record of the catalog. Of a volume, only the name is read: parsing 10,000 takes as long as half of a
 * start without volumes.
 */
export function parseCatalogRecord(text: string): CatalogRecord {
  const name = nameIn(text, beforeName, afterName);
  if (isVolumeName(name)) return { kind: 'put', volume: { name, record: text } };
  const gone = nameIn(text, beforeGone, afterGone);
  if (isVolumeName(gone) && text.length === beforeGone.length + gone.length + afterGone.length)
    return { kind: 'delete', name: gone };
  const count = endMark.exec(text)?.[1];
  if (count !== undefined) return { kind: 'end', count: Number(count) };
  return catalogSchema().parse(JSON.parse(text));
}

/** Not by a pattern, and without a function for each record: most of the time would be the garbage of that. */
function nameIn(text: string, before: string, after: string): string | undefined {
  if (!text.startsWith(before)) return undefined;
  const end = text.indexOf('"', before.length);
  return text.startsWith(after, end) ? text.slice(before.length, end) : undefined;
}

/** A record that is wrong is never taken for a volume that does not exist. */
export function readLate({ name, record: text }: LateVolume): KnownVolume {
  try {
    const value: unknown = JSON.parse(text);
    const record = isUsualPut(value) ? value : catalogSchema().parse(value);
    if (record.kind === 'put' && record.volume.name === name && !isLate(record.volume)) return record.volume;
  } catch {
    // Said below.
  }
  const unreadable = `The cache of this host cannot tell what volume ${name} is, until its storage is listed again: its data is untouched.`;
  return { name, unreadable };
}

export function isLate(volume: KnownVolume | LateVolume): volume is LateVolume {
  return 'record' in volume;
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
