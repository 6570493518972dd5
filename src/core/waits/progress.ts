import type { VolumeName } from '../names.ts';

/** How much of a work there is, or is done: bytes of data, or files and directories. */
export interface Amount {
  readonly bytes?: number;
  readonly entries?: number;
}

/** Called from time to time with what is done so far. Must return at once, and never throws. */
export type Tell = (done: Amount) => void;

export const longWorks = ['copy', 'delete', 'purge', 'format'] as const;

/** Work on one volume that may take longer than a moment. */
export interface LongWork {
  /** `purge`: a volume that was removed earlier is deleted. */
  readonly what: (typeof longWorks)[number];
  readonly driver: string;
  readonly volume: string;
  /** Absent where it is not known. */
  readonly total?: Amount;
  /** The volume that all of this data is the present data of; absent: of none, as with a snapshot's. */
  readonly dataOf?: VolumeName;
}

/** Makes known that such work has begun. Its `end` must be called, whatever the outcome. */
export type Report = (work: LongWork) => { readonly tell: Tell; end(): void };

export async function reported<T>(
  report: Report,
  work: LongWork,
  act: (tell: Tell) => Promise<T>,
): Promise<T> {
  const { tell, end } = report(work);
  try {
    return await act(tell);
  } finally {
    end();
  }
}

/** For work that nobody can ask about. */
export const unreported: Report = () => ({ tell: () => undefined, end: () => undefined });
