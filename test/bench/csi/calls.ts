import type { LoadClient } from './load-client.ts';

const capability = { mount: { fs_type: '' }, access_mode: { mode: 'SINGLE_NODE_WRITER' } };

/** The calls of an orchestrator. A volume is published to a pod's path below `pods`. */
export function csiCalls({ call }: LoadClient, pods: string) {
  return {
    probe: () => call('Probe', {}),
    create: (name: string) => call('CreateVolume', { name, volume_capabilities: [capability] }),
    stage: (volume_id: string) =>
      call('NodeStageVolume', {
        volume_id,
        staging_target_path: `${pods}/staging`,
        volume_capability: capability,
      }),
    unstage: (volume_id: string) =>
      call('NodeUnstageVolume', { volume_id, staging_target_path: `${pods}/staging` }),
    publish: (volume_id: string, pod: string) =>
      call('NodePublishVolume', {
        volume_id,
        target_path: `${pods}/${pod}`,
        volume_capability: capability,
      }),
    unpublish: (volume_id: string, pod: string) =>
      call('NodeUnpublishVolume', { volume_id, target_path: `${pods}/${pod}` }),
  };
}

export type CsiCalls = ReturnType<typeof csiCalls>;
