import { type ErrorCode, VolumeError } from '../../core/volume-error.ts';

/** The meaning of a code of the kernel, a server or a service, for an operator. */
export interface Meaning {
  readonly code: ErrorCode;
  readonly happened: string;
  readonly wayOut: string;
}

/** Foreign codes, separated by spaces, and their meaning. */
type Row = readonly [codes: string, code: ErrorCode, happened: string, wayOut: string];

export function meaningsOf(rows: readonly Row[]): ReadonlyMap<string, Meaning> {
  return new Map(
    rows.flatMap(([codes, code, happened, wayOut]) =>
      codes.split(' ').map((foreign) => [foreign, { code, happened, wayOut }] as const),
    ),
  );
}

interface Happening {
  /** The beginning of the sentence, such as `Volume db could not be created`. */
  readonly doing: string;
  /** ` at /srv/volumes`, or empty. */
  readonly where?: string;
  /** The words of the kernel, the server or the service. */
  readonly words: string;
  readonly cause: unknown;
  readonly outOfSpace?: boolean;
}

/** The error for the user: what happened where, the other side's words, and the way out. */
export function explain(
  { code, happened, wayOut }: Meaning,
  { doing, where = '', words, ...about }: Happening,
): VolumeError {
  return new VolumeError(code, `${doing}: ${happened}${where} (${words}): ${wayOut}.`, about);
}
