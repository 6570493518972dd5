import type { WitnessConfiguration } from '../../src/config/configuration.ts';
import { silentLog } from '../../src/core/log.ts';
import type { OpenWitness, Testimony } from '../../src/core/witness.ts';
import { createMesosWitness } from '../../src/witnesses/mesos/witness.ts';
import type { MesosCluster } from '../lab/mesos/use-cluster.ts';

export const live = new AbortController().signal;

export const byHostname: WitnessConfiguration = {
  kind: 'mesos',
  addresses: [],
  tls: {},
  match: 'hostname',
  attribute: 'instance-id',
  hosts: {},
  settled: 60_000,
  refresh: 300_000,
};

/** A roster file in memory. */
export function memoryFile(text?: string) {
  const file = {
    text,
    read: async () => file.text,
    async write(written: string) {
      file.text = written;
    },
  };
  return file;
}

export function witnessOf(
  cluster: MesosCluster,
  configuration: Partial<WitnessConfiguration> = {},
  file = memoryFile(),
): OpenWitness {
  return createMesosWitness({
    name: 'mesos',
    configuration: { ...byHostname, addresses: cluster.addresses, ...configuration },
    file,
    log: silentLog,
    now: cluster.now,
  });
}

/** A machine that was started one hour before the cluster's clock begins. */
export const machineA = {
  id: 'i-a',
  names: ['ip-10-0-0-5.ec2.internal', 'ip-10-0-0-5', '10.0.0.5'],
  startedAt: Date.parse('2026-11-23T01:00:00Z'),
};

/** The testimony about machine A; an exception counts as no answer. */
export async function saidBy(
  witness: OpenWitness,
  machine = machineA,
): Promise<Testimony['says'] | 'silent'> {
  return witness.ask(machine, live).then(
    ({ says }) => says,
    () => 'silent',
  );
}
