import { fileURLToPath } from 'node:url';
import type { EngineParts } from '../engine.ts';
import { createPluginMachine, type PluginMachine } from '../plugin/machine.ts';
import { output, succeeded } from '../run.ts';
import { createNomadAgent, type NomadAgent, type NomadAgentParts } from './agent.ts';

/** A simulated host with an engine and a Nomad agent. */
export interface NomadHost extends Omit<PluginMachine, keyof NomadAgent>, NomadAgent {}

/** It has an empty directory in place of /var/lib/holdfast. */
export async function createNomadHost(parts: NomadAgentParts): Promise<NomadHost> {
  const machine = await createPluginMachine(parts.pod.network, { engine: await engineParts() });
  const { folder, namespace, data } = machine;
  const furnish = [
    `mkdir -p /var/lib/holdfast && mount --bind ${data} /var/lib/holdfast`,
    // Nomad looks for the engine there.
    `ln -s ${folder}/docker.sock /run/docker.sock`,
  ];
  succeeded('furnish', await namespace.run('sh', '-ec', furnish.join('\n')));
  const agent = await createNomadAgent(folder, namespace, parts);
  return {
    ...machine,
    ...agent,
    destroy: async () => {
      await agent.agent.stop();
      await machine.destroy();
    },
  };
}

/** The machine's engine, whose privileged containers get the capabilities that the machine has. */
async function engineParts(): Promise<EngineParts> {
  const found = (program: string) => output('sh', ['-c', `command -v ${program}`]);
  const path = fileURLToPath(new URL('runtime.sh', import.meta.url));
  return {
    dockerd: await found('dockerd'),
    docker: await found('docker'),
    settings: { 'default-runtime': 'available', runtimes: { available: { path } } },
  };
}
