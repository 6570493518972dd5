import { mkdir, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Pod } from '../gluster/pod.ts';
import type { Namespace } from '../namespace.ts';
import { createService, type Service, tail } from '../service.ts';
import { nomad } from './program.ts';

/** A Nomad client, and server if it has the server's address. */
export interface NomadAgent {
  /** The name of the client. */
  readonly name: string;
  readonly address: string;
  readonly folder: string;
  readonly namespace: Namespace;
  readonly agent: Service;
  /** Does not wait until it answers. */
  startAgent(): Promise<void>;
  /** The end of its log. */
  log(): Promise<string>;
}

export interface NomadAgentParts {
  readonly name: string;
  readonly pod: Pod;
  /** The address of the server. */
  readonly server: string;
  /** A configuration file, as a user has it. */
  readonly configuration: string;
}

/** An agent of the host with this folder and namespace. */
export async function createNomadAgent(
  folder: string,
  namespace: Namespace,
  { name, pod, server, configuration }: NomadAgentParts,
): Promise<NomadAgent> {
  const program = await nomad.built();
  const place = `${folder}/nomad.d`;
  const settings = {
    name,
    data_dir: `${folder}/nomad`,
    bind_addr: pod.address,
    disable_update_check: true,
    log_level: 'INFO',
    ...(server === pod.address ? { server: { enabled: true, bootstrap_expect: 1 } } : {}),
    client: {
      enabled: true,
      servers: [server],
      network_interface: 'eth0',
      // The end of the namespace removes the control group of this name: see holder.sh.
      cgroup_parent: `/${basename(folder)}`,
      // It may not find them out in a virtual machine.
      cpu_total_compute: 8000,
      memory_total_mb: 20_000,
    },
  };
  await mkdir(place);
  await writeFile(`${place}/agent.json`, JSON.stringify(settings));
  await writeFile(`${place}/client.hcl`, configuration);
  const agent = createService(namespace, `${folder}/nomad.log`);
  return {
    name,
    address: pod.address,
    folder,
    namespace,
    agent,
    // Its plugins' sockets are in folders that it leaves behind.
    startAgent: () => agent.start('env', [`TMPDIR=${folder}`, program, 'agent', '-config', place]),
    log: () => tail('nomad', agent, 40),
  };
}
