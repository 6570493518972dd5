import type { ErrorCode, VolumeError } from './volume-error.ts';

/** Who asked: the front door, and the process at its other end where the kernel tells. */
export interface Asker {
  /** `daemon`: nobody did, it acts by itself. */
  readonly door: 'plugin' | 'csi' | 'admin' | 'daemon';
  readonly process?: AskingProcess;
}

/** As the kernel has it, since the connection was made. */
export interface AskingProcess {
  readonly pid: number;
  readonly uid: number;
  /** The name that the process gave itself: outside data. Absent where it had ended. */
  readonly command?: string;
}

/** What a driver can be asked. `take-back`: nobody read the answer to a Mount. */
const verbs = [
  'create',
  'remove',
  'mount',
  'unmount',
  'take-back',
  'release',
  'attach',
  'detach',
  'publish',
  'unpublish',
  'get',
  'list-removed',
  'undelete',
  'snapshot',
  'list-snapshots',
  'remove-snapshot',
  'copy-snapshot',
  'rollback',
  'grow',
  'modify',
  'read-aside',
  'fill',
  'recover',
] as const;
export type Verb = (typeof verbs)[number];

export type Outcome = 'ok' | ErrorCode;

/** One call of a driver, once it is over. */
export interface ObservedCall {
  readonly verb: Verb;
  readonly driver: string;
  /** Absent for verbs that are about the driver as a whole. */
  readonly volume?: string;
  readonly asker: Asker;
  readonly outcome: Outcome;
  readonly error?: VolumeError;
  /** Milliseconds. */
  readonly ms: number;
}

/** One thing that happened to a volume, or to a driver as a whole, as it is kept and shown. */
export interface VolumeEvent {
  /** One per event: where a reader goes on. */
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  /** A verb, an audited act, or what the daemon did by itself. */
  readonly what: string;
  readonly driver: string;
  readonly volume?: string;
  readonly outcome: Outcome;
  readonly asker: Asker;
  /** How long it took, in milliseconds. */
  readonly ms?: number;
  /** The error's sentence, the reason, or the evidence of an audited act. */
  readonly message?: string;
  /** How often the same refusal came since it was last recorded: that is done once a minute. */
  readonly repeated?: number;
}

/** What is known when it happens; the record adds `id` and `time`. */
export type NewEvent = Omit<VolumeEvent, 'id' | 'time' | 'repeated'>;
