import { symlink } from 'node:fs/promises';
import { type CsiClient, connectCsi } from '../../fakes/csi-client.ts';
import type { PluginMachine } from '../../lab/plugin/machine.ts';

/** As Docker's `--scope single --sharing none --type mount` is translated. */
const capability = { mount: { fs_type: '', mount_flags: [] }, access_mode: { mode: 'SINGLE_NODE_WRITER' } };

/**
 * The calls of Swarm's manager and agent, in their order and with their paths (swarmkit v2: manager/csi/plugin.go and
 * agent/csi/plugin/plugin.go). Volumes have an ID of Swarm beside the plugin's.
 */
export interface SwarmAsks {
  /** What both ask first; returns the capabilities of the controller and of the node. */
  introduce(): Promise<{ readonly controller: readonly string[]; readonly node: readonly string[] }>;
  create(name: string, options: Readonly<Record<string, string>>): Promise<string>;
  remove(volumeId: string): Promise<void>;
  /** Before a task starts. Returns the path on the host that the engine gives to the container. */
  publish(volumeId: string, swarmId: string): Promise<string>;
  /** The agent unstages only what it does not remember, from before its own restart. */
  unpublish(volumeId: string, swarmId: string): Promise<void>;
  close(): void;
}

/** Connects to the socket of an enabled plugin, as the engine does by the interface in its config.json. */
export async function connectAsSwarm(machine: PluginMachine, alias: string): Promise<SwarmAsks> {
  const id = await machine.docker('plugin', 'inspect', '--format', '{{.Id}}', alias);
  const inspected = ['plugin', 'inspect', '--format', '{{.Config.Interface.Socket}}', alias];
  const socket = await machine.docker(...inspected);
  // The whole path is longer than that of a socket may be.
  const link = `${machine.folder}/csi-${Date.now()}.sock`;
  await symlink(`/proc/${machine.namespace.pid()}/root/run/docker/plugins/${id}/${socket}`, link);
  const client = connectCsi(link);
  const onHost = (path: string) =>
    path.replace('/data/published', `${machine.folder}/docker/plugins/${id}/propagated-mount`);
  return swarmAsks(client, onHost);
}

function swarmAsks({ call, close }: CsiClient, onHost: (path: string) => string): SwarmAsks {
  const staged = (swarmId: string) => `/data/staged/${swarmId}`;
  const published = (swarmId: string) => `/data/published/${swarmId}`;
  const remembered = new Set<string>();
  const rpcs = (answer: { readonly capabilities: readonly { readonly rpc: { readonly type: string } }[] }) =>
    answer.capabilities.map(({ rpc }) => rpc.type);
  return {
    async introduce() {
      const { ready } = await call('Probe');
      if (!ready.value) throw new Error('The plugin is not ready.');
      const { capabilities } = await call('GetPluginCapabilities');
      if (!JSON.stringify(capabilities).includes('CONTROLLER_SERVICE'))
        throw new Error('It has no controller.');
      const { node_id } = await call('NodeGetInfo');
      if (node_id === '') throw new Error('The node has no ID.');
      return {
        controller: rpcs(await call('ControllerGetCapabilities')),
        node: rpcs(await call('NodeGetCapabilities')),
      };
    },
    async create(name, parameters) {
      const { volume } = await call('CreateVolume', { name, parameters, volume_capabilities: [capability] });
      return volume.volume_id;
    },
    remove: (volume_id) => call('DeleteVolume', { volume_id }),
    async publish(volume_id, swarmId) {
      const at = {
        volume_id,
        staging_target_path: staged(swarmId),
        volume_capability: capability,
        volume_context: {},
        publish_context: {},
      };
      const isStaging = rpcs(await call('NodeGetCapabilities')).includes('STAGE_UNSTAGE_VOLUME');
      if (isStaging) await call('NodeStageVolume', at);
      await call('NodePublishVolume', {
        ...at,
        staging_target_path: isStaging ? at.staging_target_path : '',
        target_path: published(swarmId),
      });
      remembered.add(swarmId);
      return onHost(published(swarmId));
    },
    async unpublish(volume_id, swarmId) {
      await call('NodeUnpublishVolume', { volume_id, target_path: published(swarmId) });
      if (remembered.has(swarmId)) return;
      await call('NodeUnstageVolume', { volume_id, staging_target_path: staged(swarmId) });
    },
    close,
  };
}
