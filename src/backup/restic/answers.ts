import * as z from 'zod/mini';
import { VolumeError } from '../../core/volume-error.ts';

/** One snapshot of a repository, as restic lists it. */
export interface ResticSnapshot {
  readonly id: string;
  readonly time: string;
  readonly hostname: string;
  readonly tags: readonly string[];
}

const id = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const snapshots = z.nullable(
  z.array(
    z.object({
      id,
      time: z.string().check(z.refine((time) => !Number.isNaN(Date.parse(time)))),
      hostname: z._default(z.string(), ''),
      tags: z.nullish(z.array(z.string())),
    }),
  ),
);

/** Reads what `restic snapshots --json` prints. Throws `failed`. */
export function parseSnapshots(text: string): readonly ResticSnapshot[] {
  const read = snapshots.safeParse(parsed(text));
  if (!read.success)
    throw new VolumeError('failed', 'The list of restic cannot be read: is it another version?');
  return (read.data ?? []).map(({ tags, time, ...rest }) => ({
    ...rest,
    time: new Date(time).toISOString(),
    tags: tags ?? [],
  }));
}

/** How much restic has read of what it is to keep. */
export interface ReadSoFar {
  readonly percent: number;
  /** Unchanged files that are not read again included. */
  readonly bytes: number;
}

export type BackupLine =
  | ({ readonly kind: 'status' } & ReadSoFar)
  | { readonly kind: 'summary'; readonly snapshot: string };

const status = z.object({
  message_type: z.literal('status'),
  percent_done: z.number().check(z.minimum(0), z.maximum(1)),
  bytes_done: z._default(z.number().check(z.minimum(0)), 0),
});
const summary = z.object({
  message_type: z.literal('summary'),
  // Releases before 0.16 print only the beginning.
  snapshot_id: z.string().check(z.regex(/^[0-9a-f]{8,64}$/)),
});

/** Reads a line of `restic backup --json`. Undefined for one that says neither how far it is nor what was made. */
export function parseBackupLine(line: string): BackupLine | undefined {
  const value = parsed(line);
  const progress = status.safeParse(value);
  if (progress.success) {
    const { percent_done: share, bytes_done: bytes } = progress.data;
    return { kind: 'status', percent: Math.floor(share * 100), bytes };
  }
  const end = summary.safeParse(value);
  return end.success ? { kind: 'summary', snapshot: end.data.snapshot_id } : undefined;
}

const unread = z.object({ message_type: z.literal('error'), item: z.string() });

/** Reads a line of what `restic backup --json` writes to stderr: the path that could not be read. */
export function parseUnreadLine(line: string): string | undefined {
  const read = unread.safeParse(parsed(line));
  return read.success ? read.data.item : undefined;
}

/** What a running restic, or one that was killed, keeps others from. */
export interface ResticLock {
  /** Nothing else can be done meanwhile; with another one, only what needs the repository for itself cannot. */
  readonly isExclusive: boolean;
}

const lock = z.object({ exclusive: z.boolean() });

/** Reads what `restic cat lock` prints. */
export function parseLock(text: string): ResticLock | undefined {
  const read = lock.safeParse(parsed(text));
  return read.success ? { isExclusive: read.data.exclusive } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
