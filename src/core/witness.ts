/** Somebody who knows, independently of the storage, whether a machine still lives. */
export interface Witness {
  /** As in messages and in the audit log: `mesos`. */
  readonly name: string;
  /** Throws when it cannot be reached or is not to be believed: then nothing is known. */
  ask(machine: Machine, signal: AbortSignal): Promise<Testimony>;
}

/** A machine as the storage knows it. */
export interface Machine {
  /** `i-0123456789abcdef0` */
  readonly id: string;
  /** Host names and addresses that it has there; those of a machine that is gone may belong to another by now. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch: its last start. What was seen of its names before tells nothing of it. */
  readonly startedAt?: number;
}

export interface Testimony {
  readonly says: 'alive' | 'dead' | 'unknown';
  /** Who saw what: `EC2 has instance i-0abc as stopped`. */
  readonly seen: string;
}

/** All that a witness sees now, for people. */
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
