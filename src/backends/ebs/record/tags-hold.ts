import { checksum } from '../../../core/checksum.ts';
import type { RemovedVolume } from '../../../core/volume.ts';
import type { Hold } from '../../shared/hold.ts';
import type { Parsed } from '../../shared/recorded/volume-record.ts';
import { type Kept, writeKept } from './kept-words.ts';

export interface Removal extends Omit<RemovedVolume, 'volume'>, Kept {
  /** Complements `purgeAfter`. Present only if the checksum matches, so it also proves that the removal's tags are unchanged. */
  readonly hold?: Hold;
}

type Told = Pick<Removal, 'removedAt'> & Kept;

/**
 * How long a removed volume is kept, as the value of one tag: `2026-01-02T00:00:00.000Z`, the time left at a moment of a boot, and a
 * checksum over everything that decides. It is one tag because a volume may lack room for another. Earlier versions wrote only the
 * time. Empty: until an operator decides.
 */
export function writeHold(removal: Removal, id: string): string {
  const { purgeAfter = '', hold } = removal;
  if (purgeAfter === '' || hold === undefined) return purgeAfter;
  const text = [purgeAfter, hold.left, hold.uptime, hold.boot].join('@');
  return `${text}@${sealOf(text, removal, id)}`;
}

export function readHold(
  written: string,
  told: Told,
  id: string,
): Parsed<Told & { readonly purgeAfter: string; readonly hold?: Hold }> {
  const [purgeAfter = '', left, uptime, boot, seal] = written.split('@');
  if (left === undefined) return { value: { ...told, purgeAfter } };
  const text = [purgeAfter, left, uptime, boot].join('@');
  if (boot === undefined || seal !== sealOf(text, told, id))
    return { reason: 'has a checksum that does not fit: one of the tags of the removal was changed' };
  return { value: { ...told, purgeAfter, hold: { left: Number(left), uptime: Number(uptime), boot } } };
}

function sealOf(text: string, told: Told, id: string): string {
  return checksum(JSON.stringify([id, told.removedAt, writeKept(told), text]));
}
