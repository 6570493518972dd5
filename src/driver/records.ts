import { z } from 'zod';
import type { LedgerRecord } from '../core/mount-ledger.ts';
import { parseMountId, parseVolumeName } from '../core/names.ts';
import type { Options, Volume } from '../core/volume.ts';

/** What a state file may hold, checked once where it is read. */
const name = z.string().transform(parseVolumeName);
const id = z.string().transform(parseMountId);
// Not z.record: with 10,000 volumes it is most of the time a start takes to read them.
const options = z.custom<Options>(isOptions);
const volume: z.ZodType<Volume> = z.object({
  name,
  id: z.string(),
  options,
  given: options,
  createdAt: z.string(),
});

const ledgerRecord: z.ZodType<LedgerRecord> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stage'), volume, at: z.number() }),
  z.object({ kind: z.literal('staged'), name, seen: z.object({ device: z.string(), inode: z.string() }) }),
  z.object({ kind: z.literal('hold'), name, id, at: z.number(), mounts: z.number() }),
  z.object({ kind: z.literal('drop'), name, id }),
  z.object({ kind: z.literal('gone'), name }),
]);

export type CatalogRecord =
  | { readonly kind: 'put'; readonly volume: Volume }
  | { readonly kind: 'delete'; readonly name: Volume['name'] };

const catalogRecord: z.ZodType<CatalogRecord> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('put'), volume }),
  z.object({ kind: z.literal('delete'), name }),
]);

/** Throws for whatever is not a record of the ledger. */
export function parseLedgerRecord(value: unknown): LedgerRecord {
  return ledgerRecord.parse(value);
}

/** Throws for whatever is not a record of the catalog. */
export function parseCatalogRecord(value: unknown): CatalogRecord {
  return catalogRecord.parse(value);
}

function isOptions(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}
