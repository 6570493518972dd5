import type { WitnessConfiguration } from '../config/configuration.ts';
import type { Log } from '../core/log.ts';
import type { OpenWitness } from '../core/witness.ts';
import { createMesosWitness } from './mesos/witness.ts';
import type { RosterFile } from './roster.ts';
import { createSwarmWitness } from './swarm/witness.ts';

export interface WitnessesParts {
  readonly configurations: ReadonlyMap<string, WitnessConfiguration>;
  /** The file in which the named witness keeps what it saw. */
  file(name: string): RosterFile;
  readonly log: Log;
  now(): number;
}

/** Creates the configured witnesses, by name. Sends no request yet. */
export function openWitnesses({
  configurations,
  file,
  log,
  now,
}: WitnessesParts): ReadonlyMap<string, OpenWitness> {
  const open = ([name, configuration]: readonly [string, WitnessConfiguration]): readonly [
    string,
    OpenWitness,
  ] => {
    const parts = { name, configuration, file: file(name), log, now };
    return [name, configuration.kind === 'mesos' ? createMesosWitness(parts) : createSwarmWitness(parts)];
  };
  return new Map([...configurations].map(open));
}
