import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { VolumeError } from '../core/volume-error.ts';
import type { Offers } from '../driver/volume-driver.ts';
import { answering } from './call.ts';
import { flagProblem, unlike, whyNot } from './capabilities.ts';
import { createVolume } from './create.ts';
import { csiVolume } from './describe-volume.ts';
import { expandVolume } from './expand.ts';
import { freeCapacity } from './free-capacity.ts';
import { listVolumes } from './list.ts';
import type {
  AttachRequest,
  CapacityRequest,
  ControllerPublishRequest,
  CreateVolumeRequest,
  ExpandRequest,
  ListVolumesRequest,
  ModifyRequest,
  ValidateRequest,
  VolumeRequest,
} from './messages.ts';
import { modifyVolume } from './modify.ts';
import { type CsiParts, nameOfId, requireVolume } from './parts.ts';
import { publishToNode, unpublishFromNode } from './publish.ts';
import { snapshotsOf } from './snapshots/id.ts';
import { snapshotCalls } from './snapshots/service.ts';

/** RPCs that are missing here are not declared; gRPC answers UNIMPLEMENTED. */
const rpcs = ['CREATE_DELETE_VOLUME', 'LIST_VOLUMES', 'GET_VOLUME', 'SINGLE_NODE_MULTI_WRITER'];
const rpcsOfOffers: readonly (readonly [keyof Offers, readonly string[]])[] = [
  ['snapshots', ['CREATE_DELETE_SNAPSHOT', 'LIST_SNAPSHOTS', 'CLONE_VOLUME']],
  ['growth', ['EXPAND_VOLUME']],
  ['modifications', ['MODIFY_VOLUME']],
  ['freeSpace', ['GET_CAPACITY']],
  ['attachments', ['PUBLISH_UNPUBLISH_VOLUME']],
];

export function controllerService(parts: CsiParts): UntypedServiceImplementation {
  const call = { driver: parts.driverName, log: parts.log };
  return {
    ControllerGetCapabilities: answering(call, 'ControllerGetCapabilities', () => ({
      capabilities: rpcsOf(parts.driver().offers).map((type) => ({ rpc: { type } })),
    })),
    CreateVolume: answering(call, 'CreateVolume', (request: CreateVolumeRequest) =>
      createVolume(parts, request),
    ),
    DeleteVolume: answering(call, 'DeleteVolume', (request: VolumeRequest) => deleteVolume(parts, request)),
    ControllerPublishVolume: answering(call, 'ControllerPublishVolume', (request: ControllerPublishRequest) =>
      publishToNode(parts, request),
    ),
    ControllerUnpublishVolume: answering(call, 'ControllerUnpublishVolume', (request: AttachRequest) =>
      unpublishFromNode(parts, request),
    ),
    ValidateVolumeCapabilities: answering(call, 'ValidateVolumeCapabilities', (request: ValidateRequest) =>
      validate(parts, request),
    ),
    ListVolumes: answering(call, 'ListVolumes', (request: ListVolumesRequest) => listVolumes(parts, request)),
    GetCapacity: answering(call, 'GetCapacity', (request: CapacityRequest) => freeCapacity(parts, request)),
    ControllerGetVolume: answering(call, 'ControllerGetVolume', async ({ volume_id }: VolumeRequest) => {
      const view = await requireVolume(parts.driver(), volume_id);
      return { volume: csiVolume(parts, view), status: {} };
    }),
    ControllerExpandVolume: answering(call, 'ControllerExpandVolume', (request: ExpandRequest) =>
      expandVolume(parts, request),
    ),
    ControllerModifyVolume: answering(call, 'ControllerModifyVolume', (request: ModifyRequest) =>
      modifyVolume(parts, request),
    ),
    ...snapshotCalls(parts),
  };
}

function rpcsOf(offers: Offers): readonly string[] {
  return [...rpcs, ...rpcsOfOffers.flatMap(([offer, types]) => (offers[offer] ? types : []))];
}

/** Snapshots go with their volume. Their users count on them, so the volume is kept until they are deleted. */
async function deleteVolume(parts: CsiParts, { volume_id }: VolumeRequest): Promise<object> {
  const name = nameOfId(volume_id);
  if (name === undefined) return {};
  const driver = parts.driver();
  const kept = driver.offers.snapshots ? await snapshotsOf(driver, name) : [];
  if (kept.length > 0)
    throw new VolumeError(
      'in-use',
      `Volume ${name} has snapshots (${kept.map(({ snapshot }) => snapshot.name).join(', ')}), which would go with it: delete them first.`,
    );
  await driver.remove(name);
  return {};
}

/** Only what was checked is confirmed: not the parameters, and not the context, which is empty. */
async function validate(parts: CsiParts, { volume_id, volume_capabilities }: ValidateRequest) {
  const driver = parts.driver();
  if (volume_id !== '' && volume_capabilities.length === 0)
    throw new VolumeError('invalid', 'The volume capabilities are missing.');
  const { volume } = await requireVolume(driver, volume_id);
  const problem = volume_capabilities
    .map((one) => whyNot(one, driver.capabilities) ?? flagProblem(one) ?? unlike(one, volume))
    .find((why) => why !== undefined);
  return problem === undefined ? { confirmed: { volume_capabilities } } : { message: problem };
}
