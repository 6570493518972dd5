import type { KeptData } from '../../shared/removal-decisions.ts';

/** What happens to the EBS volume of a removed volume. */
export interface Kept {
  /** In the trash; kept until an operator decides; or an adopted EBS volume. */
  readonly kept: KeptData;
  /**
   * Whether a snapshot is made before a volume in the trash is deleted: the setting of the host that removed it. Absent if an older
   * Holdfast removed it: then the host that purges decides.
   */
  readonly finalSnapshot?: boolean;
}

/** One tag holds both, so that a removal never has only one of them. */
const words: ReadonlyMap<string, Kept> = new Map([
  ['trash', { kept: 'trash' }],
  ['trash-then-snapshot', { kept: 'trash', finalSnapshot: true }],
  ['trash-then-delete', { kept: 'trash', finalSnapshot: false }],
  ['in-place', { kept: 'in-place' }],
  ['adopted', { kept: 'adopted' }],
]);

export const keptWords: readonly string[] = [...words.keys()];

export function writeKept({ kept, finalSnapshot }: Kept): string {
  if (kept !== 'trash' || finalSnapshot === undefined) return kept;
  return finalSnapshot ? 'trash-then-snapshot' : 'trash-then-delete';
}

/** Undefined for a value that Holdfast never writes. */
export function readKept(word: string | undefined): Kept | undefined {
  return word === undefined ? undefined : words.get(word);
}
