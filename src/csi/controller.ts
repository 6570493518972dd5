import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { VolumeError } from '../core/volume-error.ts';
import { answering } from './call.ts';
import { flagProblem, whyNot } from './capabilities.ts';
import { createVolume } from './create.ts';
import { listVolumes } from './list.ts';
import type { CreateVolumeRequest, ListVolumesRequest, ValidateRequest, VolumeRequest } from './messages.ts';
import { type CsiParts, csiVolume, nameOfId, requireVolume } from './parts.ts';

/** RPCs that are missing here are not declared; gRPC answers UNIMPLEMENTED. */
const rpcs = ['CREATE_DELETE_VOLUME', 'LIST_VOLUMES', 'GET_VOLUME'];

export function controllerService(parts: CsiParts): UntypedServiceImplementation {
  const call = { driver: parts.driverName, log: parts.log };
  return {
    ControllerGetCapabilities: answering(call, 'ControllerGetCapabilities', () => ({
      capabilities: rpcs.map((type) => ({ rpc: { type } })),
    })),
    CreateVolume: answering(call, 'CreateVolume', (request: CreateVolumeRequest) =>
      createVolume(parts, request),
    ),
    DeleteVolume: answering(call, 'DeleteVolume', async ({ volume_id }: VolumeRequest) => {
      const name = nameOfId(volume_id);
      if (name !== undefined) await parts.driver().remove(name);
      return {};
    }),
    ValidateVolumeCapabilities: answering(call, 'ValidateVolumeCapabilities', (request: ValidateRequest) =>
      validate(parts, request),
    ),
    ListVolumes: answering(call, 'ListVolumes', (request: ListVolumesRequest) => listVolumes(parts, request)),
    ControllerGetVolume: answering(call, 'ControllerGetVolume', async ({ volume_id }: VolumeRequest) => {
      const { volume } = await requireVolume(parts.driver(), volume_id);
      return { volume: csiVolume(parts, volume), status: {} };
    }),
  };
}

/** Only what was checked is confirmed: not the parameters, and not the context, which is empty. */
async function validate(parts: CsiParts, { volume_id, volume_capabilities }: ValidateRequest) {
  const driver = parts.driver();
  if (volume_id !== '' && volume_capabilities.length === 0)
    throw new VolumeError('invalid', 'The volume capabilities are missing.');
  await requireVolume(driver, volume_id);
  const problem = volume_capabilities
    .map((capability) => whyNot(capability, driver.capabilities) ?? flagProblem(capability))
    .find((why) => why !== undefined);
  return problem === undefined ? { confirmed: { volume_capabilities } } : { message: problem };
}
