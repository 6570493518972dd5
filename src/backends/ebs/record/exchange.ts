/**
 * A rollback makes a new EBS volume, and gives it the place of the old one by one change of one tag. Both say so in the tag that a removal
 * uses later (`holdfast:kept`), because a volume may lack room for another one.
 */
export interface Exchange {
  /** The EBS volume with the data of before. */
  readonly diskId: string;
  /** The ID of the removed volume that it becomes. */
  readonly keptAs: string;
  /** RFC 3339, UTC. */
  readonly removedAt: string;
  /** The instance that does it. */
  readonly maker: string;
}

export function writeExchange({ diskId, keptAs, removedAt, maker }: Exchange): string {
  return ['replaces', diskId, keptAs, removedAt, maker].join(' ');
}

/** Undefined for anything else. */
export function readExchange(text: string | undefined): Exchange | undefined {
  const pattern = /^replaces (vol-[0-9a-f]+) ([0-9a-f]{16}) (\d{4}-\d\d-\d\dT[\d:.]+Z) (\S+)$/;
  const [, diskId, keptAs, removedAt, maker] = pattern.exec(text ?? '') ?? [];
  if (diskId === undefined || keptAs === undefined || removedAt === undefined || maker === undefined)
    return undefined;
  return Number.isNaN(Date.parse(removedAt)) ? undefined : { diskId, keptAs, removedAt, maker };
}

/** An EBS volume that shows a snapshot for a while, such as to a backup. It never becomes a volume. */
export interface View {
  readonly snapshotId: string;
  readonly maker: string;
}

export function writeView({ snapshotId, maker }: View): string {
  return `shows ${snapshotId} to ${maker}`;
}

export function readView(text: string | undefined): View | undefined {
  const [, snapshotId, maker] = /^shows ([0-9a-f]{16}) to (\S+)$/.exec(text ?? '') ?? [];
  return snapshotId === undefined || maker === undefined ? undefined : { snapshotId, maker };
}

/** On the EBS volume with the data of before, as long as it is the volume. */
export function writeReplacedBy(diskId: string): string {
  return `replaced by ${diskId}`;
}

export function readReplacedBy(text: string | undefined): string | undefined {
  return /^replaced by (vol-[0-9a-f]+)$/.exec(text ?? '')?.[1];
}
