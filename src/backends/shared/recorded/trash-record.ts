import { basename } from 'node:path';
import * as z from 'zod/mini';
import { once } from '../../../core/once.ts';
import type { RemovedVolume, Volume } from '../../../core/volume.ts';
import type { Hold } from '../hold.ts';
import type { Admit } from '../options/recorded-options.ts';
import type { KeptData } from '../removal-decisions.ts';
import { type ReadRecord, readRecord, sealRecord } from './record-text.ts';
import { admitted, volumeSchema } from './volume-record.ts';

/** A removed volume and the place of its data; an adopted path was never ours. */
export interface TrashRecord extends RemovedVolume {
  readonly kept: KeptData;
  /** Complements `purgeAfter`; absent in records of earlier versions. */
  readonly hold?: Hold;
  /** The name under which its data was kept in place, before it got another one. */
  readonly formerly?: string;
}

/** A record as found in the trash. */
export interface FoundTrash extends TrashRecord {
  /** A checksum proves that it is unchanged. An unsealed record never causes a deletion. */
  readonly isSealed: boolean;
  /** The volume's own record, moved here by a removal that had no room for another, or was interrupted: its time is unknown. */
  readonly isBare: boolean;
}

export interface TrashGate {
  /** Checks a record's volume as a Create would. */
  readonly admit: Admit;
  readonly isAdopted: (volume: Volume) => boolean;
}

export const keptSuffix = '~kept.json';
const recordSchema = once(() =>
  z.object({
    format: z.literal(1),
    volume: volumeSchema(),
    removedAt: z.iso.datetime(),
    purgeAfter: z.exactOptional(z.iso.datetime()),
    kept: z.enum(['trash', 'in-place', 'adopted']),
    hold: z.exactOptional(
      z.object({ left: z.number().check(z.minimum(0)), boot: z.string(), uptime: z.number() }),
    ),
    formerly: z.exactOptional(volumeSchema().shape.name),
  }),
);
const bareSchema = once(() =>
  z.object({
    format: z.literal(1),
    volume: volumeSchema(),
    removedAt: z.optional(z.undefined()),
    kept: z.optional(z.undefined()),
  }),
);

export function textOf({ volume, removedAt, purgeAfter, kept, hold, formerly }: TrashRecord): string {
  const times = { removedAt, ...(purgeAfter && { purgeAfter }), ...(hold && { hold }) };
  return sealRecord({ format: 1, volume, kept, ...times, ...(formerly && { formerly }) });
}

/** The content of the trash's file, as `readRecord` reads it; also of a bare record. */
export function readTrash(file: string, text: string, gate: TrashGate): ReadRecord<FoundTrash> {
  const whole = admitted(readRecord(recordSchema(), text), gate.admit);
  if ('reason' in whole) return readBare(file, text, gate) ?? whole;
  const { value, isSealed } = whole;
  const { format: _, ...record } = value;
  return ofItsFile(file, { ...record, isSealed, isBare: false });
}

/** Undefined: it is not a bare record. */
function readBare(
  file: string,
  text: string,
  { admit, isAdopted }: TrashGate,
): ReadRecord<FoundTrash> | undefined {
  const read = admitted(readRecord(bareSchema(), text), admit);
  if ('reason' in read) return undefined;
  const { volume } = read.value;
  const kept = file.endsWith(keptSuffix) ? 'in-place' : isAdopted(volume) ? 'adopted' : 'trash';
  // Later than every earlier removal of the name, so that it is found as the newest.
  const removedAt = volume.createdAt;
  return ofItsFile(file, { volume, removedAt, kept, isSealed: read.isSealed, isBare: true });
}

/** A changed name or ID would lead to other data. */
function ofItsFile(file: string, found: FoundTrash): ReadRecord<FoundTrash> {
  const { volume, kept, isSealed } = found;
  const expected = kept === 'in-place' ? `${volume.name}${keptSuffix}` : `${volume.name}~${volume.id}.json`;
  if (basename(file) === expected) return { value: found, isSealed };
  return { reason: `it describes the volume ${volume.name} with the ID ${volume.id}` };
}
