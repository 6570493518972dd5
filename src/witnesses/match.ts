import type { WitnessConfiguration } from '../config/configuration.ts';
import type { Machine } from '../core/witness.ts';

export type Matching = Pick<WitnessConfiguration, 'match' | 'attribute' | 'hosts'>;

/** The parts of an agent or node that identify its machine. */
export interface Host {
  readonly hostname: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** The host's name for matching with a machine; undefined if it has none. */
export function keyOf(host: Host, { match, attribute }: Matching): string | undefined {
  return match === 'hostname' ? host.hostname.toLowerCase() : host.attributes.get(attribute);
}

/** Whether the host is on the machine. */
export function isOn(host: Host, machine: Machine, matching: Matching): boolean {
  const configured = hostOf(machine, matching);
  if (configured !== undefined) return host.hostname.toLowerCase() === configured.toLowerCase();
  const key = keyOf(host, matching);
  if (matching.match === 'attribute') return key === machine.id;
  return machine.names.some((name) => name.toLowerCase() === key);
}

function hostOf(machine: Machine, { hosts }: Matching): string | undefined {
  return Object.hasOwn(hosts, machine.id) ? hosts[machine.id] : undefined;
}
