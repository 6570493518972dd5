import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { type MountId, parseMountId } from '../core/names.ts';
import type { Usage } from '../core/usage.ts';
import { VolumeError } from '../core/volume-error.ts';
import { answering } from './call.ts';
import { accessOf, isAlone, requireCapability } from './capabilities.ts';
import { expandOnNode } from './expand.ts';
import type { NodeExpandRequest, PublishRequest, StageRequest, StatsRequest } from './messages.ts';
import { type CsiParts, nameOfId, requireField, requireName } from './parts.ts';
import { requireAt } from './place.ts';
import { stageId } from './stage-id.ts';
import { nodeInfo } from './topology.ts';

/** An orchestrator repeats or undoes a call that it gave up on, so its holder stays. */
const patient = { gone: () => false };

export function nodeService(parts: CsiParts): UntypedServiceImplementation {
  const call = { driver: parts.driverName, log: parts.log };
  return {
    NodeGetCapabilities: answering(call, 'NodeGetCapabilities', () => ({
      capabilities: rpcsOf(parts).map((type) => ({ rpc: { type } })),
    })),
    NodeGetInfo: answering(call, 'NodeGetInfo', () => nodeInfo(parts)),
    NodeStageVolume: answering(call, 'NodeStageVolume', (request: StageRequest) => stage(parts, request)),
    NodeUnstageVolume: answering(call, 'NodeUnstageVolume', async (request: StageRequest) => {
      const name = nameOfId(request.volume_id);
      const id = holderOf(request.staging_target_path);
      if (name !== undefined) await parts.driver().unmount(name, id);
      return {};
    }),
    NodePublishVolume: answering(call, 'NodePublishVolume', (request: PublishRequest) =>
      publish(parts, request),
    ),
    NodeUnpublishVolume: answering(call, 'NodeUnpublishVolume', async (request: PublishRequest) => {
      const name = nameOfId(request.volume_id);
      const path = requireField(request.target_path, 'target path');
      if (name !== undefined) await parts.driver().unpublish(name, path);
      return {};
    }),
    NodeGetVolumeStats: answering(call, 'NodeGetVolumeStats', (request: StatsRequest) =>
      stats(parts, request),
    ),
    NodeExpandVolume: answering(call, 'NodeExpandVolume', (request: NodeExpandRequest) =>
      expandOnNode(parts, request),
    ),
  };
}

/** Without staging, its calls still work: a caller may have asked before the configuration was changed. */
function rpcsOf({ staging, driver }: CsiParts): readonly string[] {
  return [
    ...(staging ? ['STAGE_UNSTAGE_VOLUME'] : []),
    'GET_VOLUME_STATS',
    'SINGLE_NODE_MULTI_WRITER',
    ...(driver().offers.growth ? ['EXPAND_VOLUME'] : []),
  ];
}

/**
 * Nothing is mounted at the staging path: the volume's only mount is at its mountpoint. The kubelet would take a bind at the
 * staging path for a foreign use of the volume, and then never unstage.
 */
async function stage(parts: CsiParts, request: StageRequest): Promise<object> {
  const name = requireName(request.volume_id);
  const path = request.staging_target_path;
  const id = holderOf(path);
  if (!path.startsWith('/'))
    throw new VolumeError(
      'invalid',
      `The staging target path ${JSON.stringify(path.slice(0, 200))} is not absolute: begin it with "/".`,
    );
  requireCapability(parts, request.volume_capability);
  await parts.driver().mount(name, id, patient);
  return {};
}

async function publish(parts: CsiParts, request: PublishRequest): Promise<object> {
  const name = requireName(request.volume_id);
  const path = requireField(request.target_path, 'target path');
  const capability = requireCapability(parts, request.volume_capability);
  const access = accessOf(capability, request.readonly);
  await parts.driver().publish(name, { path, access, alone: isAlone(capability) });
  return {};
}

/** The holder that stands for a staging path. */
function holderOf(path: string): MountId {
  return parseMountId(stageId(requireField(path, 'staging target path')));
}

/** While the figures are unknown, the answer has no usage: unknown is never 0. */
async function stats(parts: CsiParts, request: StatsRequest): Promise<object> {
  const { volume } = await requireAt(parts, request.volume_id, request.volume_path);
  const usage = await parts.driver().usageOf(volume.name);
  return { usage: usage === undefined ? [] : usageEntries(usage) };
}

/**
 * The specification requires a total. A directory without a limit has none, so it gets that of its file system.
 */
function usageEntries({ room, ...own }: Usage): readonly object[] {
  const bytes = entry('BYTES', own.usedBytes, own.sizeBytes ?? room?.sizeBytes);
  const inodes = entry('INODES', own.usedInodes, own.inodes ?? room?.inodes);
  return [...bytes, ...inodes];
}

function entry(unit: string, used: number | undefined, total: number | undefined): readonly object[] {
  if (used === undefined || total === undefined) return [];
  return [{ unit, total: `${total}`, used: `${used}`, available: `${Math.max(0, total - used)}` }];
}
