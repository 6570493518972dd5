/** Knows, independently of the storage, whether a machine is alive. */
export interface Witness {
  /** As in messages and in the audit log: `mesos`. */
  readonly name: string;
  /** Throws if it cannot be reached or cannot be believed: then nothing is known. */
  ask(machine: Machine, signal: AbortSignal): Promise<Testimony>;
}

/** A machine as the storage knows it. */
export interface Machine {
  /** `i-0123456789abcdef0` */
  readonly id: string;
  /** Host names and addresses of the machine; those of a machine that is gone may belong to another one now. */
  readonly names: readonly string[];
  /** Its last start, in milliseconds since the epoch. Earlier sightings of its names tell nothing about it. */
  readonly startedAt?: number;
}

export interface Testimony {
  readonly says: 'alive' | 'dead' | 'unknown';
  /** Who saw what: `EC2 has instance i-0abc as stopped`. */
  readonly seen: string;
}

/** Everything that a witness sees now, for users. */
export interface Sighting {
  /** Who answered: `the Mesos master m2.example:5050, leading since …`. */
  readonly source: string;
  readonly hosts: readonly SeenHost[];
}

export interface SeenHost {
  /** The orchestrator's own ID of the agent or node. */
  readonly id: string;
  /** Absent when it is not told and was never seen here. */
  readonly hostname?: string;
  /** The orchestrator's word: `active`, `unreachable`, `down`. */
  readonly state: string;
  /** What that says of the machine. */
  readonly says: Testimony['says'];
  /** What a machine must be called to be this one; absent: it is not matched with any. */
  readonly machine?: string;
}

/** A witness that the daemon, or a command, holds open. */
export interface OpenWitness extends Witness {
  look(signal: AbortSignal): Promise<Sighting>;
  /** Looks now and then, to know agents later by what they were called while they lived. */
  watch(): void;
  close(): void;
}
