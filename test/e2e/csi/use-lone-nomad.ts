import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { writeConfiguration } from '../../lab/daemon.ts';
import { createHub } from '../../lab/gluster/hub.ts';
import { createNamespace } from '../../lab/namespace.ts';
import { type NomadActs, nomadActs } from '../../lab/nomad/acts.ts';
import { createNomadAgent, type NomadAgent } from '../../lab/nomad/agent.ts';

/** One Nomad without an engine: Holdfast is a plugin that runs outside of containers, with local volumes. */
export function useLoneNomad(): () => Promise<NomadActs> {
  const closing: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
  });
  let nomad: Promise<NomadActs> | undefined;
  return () => {
    nomad ??= boot(closing);
    return nomad;
  };
}

async function boot(closing: (() => Promise<unknown>)[]): Promise<NomadActs> {
  const hub = await createHub(await mkdtemp(join(tmpdir(), 'holdfast-hub-')), '10.77.9');
  closing.push(() => hub.close());
  const pod = await hub.plug();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
  const namespace = createNamespace(folder, () => pod.network);
  await namespace.open();
  closing.push(() => namespace.close('remove'));
  const configuration =
    'plugin "raw_exec" {\n  config {\n    enabled    = true\n    no_cgroups = true\n  }\n}\n';
  const parts = { name: 'host-a', pod, server: pod.address, configuration };
  const agent = await createNomadAgent(folder, namespace, parts);
  await agent.startAgent();
  closing.push(() => agent.agent.stop());
  const acts = await nomadActs(agent);
  await acts.isShown(/ ready$/m, 'node', 'status');
  await acts.run('holdfast', await pluginJob(agent));
  closing.push(() => acts.end('holdfast'));
  await acts.isHealthy('holdfast', 1, 1);
  return acts;
}

/** The endpoint is the one that Nomad makes up. */
async function pluginJob({ folder }: NomadAgent): Promise<string> {
  const csi = { name: 'local.csi.holdfast.test', nodeId: 'host-a' };
  await writeConfiguration(folder, `${folder}/config.yaml`, {
    drivers: { holdfast: { backend: 'local', settings: { root: `${folder}/volumes` }, csi } },
  });
  const endpoint = `HOLDFAST_DRIVERS_HOLDFAST_CSI_ENDPOINT=\${CSI_ENDPOINT}`;
  const words = [
    process.execPath,
    await builtDaemon(),
    'serve',
    '--json',
    '--config',
    `${folder}/config.yaml`,
  ];
  return `job "holdfast" {
  type = "system"
  group "plugin" {
    task "plugin" {
      driver = "raw_exec"
      config {
        command = "/usr/bin/env"
        args    = ${JSON.stringify([endpoint, ...words])}
      }
      csi_plugin {
        id                     = "holdfast"
        type                   = "monolith"
        mount_dir              = "/csi"
        stage_publish_base_dir = "${folder}/nomad/client/csi/monolith/holdfast"
      }
    }
  }
}
`;
}
