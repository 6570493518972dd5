import { status } from '@grpc/grpc-js';
import { volumeNameOf } from '../core/csi-name.ts';
import type { VolumeName } from '../core/names.ts';
import { requireReadable, type Volume } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { VolumeDriver } from '../driver/volume-driver.ts';
import { CsiError } from './call.ts';
import { flagProblem, whyNot } from './capabilities.ts';
import { misfit, newSize, sizeOf, type Wanted, wantedOf } from './capacity.ts';
import { csiVolume } from './describe-volume.ts';
import type { CreateVolumeRequest, CsiVolume, Texts } from './messages.ts';
import { type CsiParts, ownParameters, requireField } from './parts.ts';
import { createCopy, isCopyOf, namesSource } from './source.ts';
import { boundTo, placeParameters } from './topology.ts';

/** An existing volume with this name and these parameters, and with a size in the range, is the requested one. */
export async function createVolume(
  parts: CsiParts,
  request: CreateVolumeRequest,
): Promise<{ readonly volume: CsiVolume }> {
  const driver = parts.driver();
  const name = volumeNameOf(requireField(request.name, 'name of the volume'));
  refuse(driver, request);
  const wanted = wantedOf(request.capacity_range);
  const given = parametersOf(request);
  const place = await placeParameters(parts, name, request.accessibility_requirements, given);
  const parameters = { ...place, ...given };
  if (parameters.size !== undefined && (wanted.least ?? wanted.most) !== undefined)
    throw new VolumeError(
      'invalid',
      'The size is given twice: by the capacity range and by the parameter `size`.',
    );
  const source = request.volume_content_source;
  if (source == null) await createOrFind(driver, name, parameters, wanted);
  else await createCopy(driver, name, source, parameters, wanted).catch(elsewhere(parts, request));
  const made = await driver.get(name);
  if (made === undefined) throw await driver.missing(name);
  const volume = requireReadable(made.volume);
  const problem = difference(volume, request, wanted);
  // Another caller created it at the same time, or it was made from existing storage.
  if (problem !== undefined) throw new VolumeError('conflict', `Volume ${name} exists, but ${problem}.`);
  const content = source == null ? {} : { content_source: source };
  return { volume: { ...csiVolume(parts, made), ...content } };
}

/**
 * The source of a copy that is missing on this host may be on another one, where the orchestrator shall try it: after any other code, the
 * provisioner of Kubernetes never leaves this node.
 */
function elsewhere(parts: CsiParts, { accessibility_requirements }: CreateVolumeRequest) {
  return (error: unknown): never => {
    const isMissing = error instanceof VolumeError && error.code === 'not-found';
    if (!isMissing || accessibility_requirements == null || boundTo(parts.driver()) !== 'host') throw error;
    throw new CsiError(
      status.RESOURCE_EXHAUSTED,
      `${error.message} A copy is made on the host of its source: this is ${parts.nodeId}.`,
    );
  };
}

/** Why a volume is not the requested one; undefined if it is. */
function difference(
  { options, given }: Volume,
  { volume_content_source: source, parameters }: CreateVolumeRequest,
  wanted: Wanted,
): string | undefined {
  if (!namesSource(parameters) && !isCopyOf(given, source)) return 'its content is from elsewhere';
  return misfit(sizeOf(options), wanted);
}

/** Most volumes are new, so the existing one is looked up only after a conflict. */
async function createOrFind(
  driver: VolumeDriver,
  name: VolumeName,
  parameters: Texts,
  wanted: Wanted,
): Promise<void> {
  const withSize = (size: string | undefined) => ({ ...(size === undefined ? {} : { size }), ...parameters });
  try {
    await createInRange((size) => driver.create(name, withSize(size)), newSize(driver, wanted), wanted);
  } catch (error) {
    if (!(error instanceof VolumeError && error.code === 'conflict')) throw error;
    const existing = (await driver.get(name))?.volume;
    if (existing === undefined) throw error;
    await driver.create(name, withSize(sameSize(requireReadable(existing), wanted)));
  }
}

/** What is required may be less than a volume can have. It is then made as small as it can be. Throws OUT_OF_RANGE. */
async function createInRange(
  create: (size: string | undefined) => Promise<void>,
  size: string | undefined,
  { most = Number.POSITIVE_INFINITY }: Wanted,
): Promise<void> {
  try {
    await create(size);
  } catch (error) {
    if (!(error instanceof VolumeError) || error.leastSize === undefined || size === undefined) throw error;
    if (error.leastSize > most) throw new CsiError(status.OUT_OF_RANGE, error.message);
    await create(`${error.leastSize}B`);
  }
}

function refuse({ capabilities, offers }: VolumeDriver, request: CreateVolumeRequest): void {
  const { volume_capabilities: wanted, mutable_parameters } = request;
  const invalid = (why: string) => new VolumeError('invalid', why);
  if (wanted.length === 0) throw invalid('The volume capabilities are missing.');
  for (const capability of wanted) {
    const problem = whyNot(capability, capabilities) ?? flagProblem(capability);
    if (problem !== undefined) throw invalid(problem);
  }
  if (Object.keys(mutable_parameters).length > 0 && !offers.modifications)
    throw invalid('Mutable parameters (a volume attributes class) are not supported: use parameters.');
}

/** Mutable ones come before the others, as the specification has it. */
function parametersOf({ parameters, mutable_parameters, volume_capabilities }: CreateVolumeRequest): Texts {
  const [fsType, other] = new Set(volume_capabilities.flatMap(({ mount }) => mount?.fs_type || []));
  if (other !== undefined)
    throw new VolumeError(
      'invalid',
      `The capabilities ask for several file systems, ${JSON.stringify(fsType)} and ${JSON.stringify(other)}: give one.`,
    );
  const given = { ...ownParameters(parameters), ...ownParameters(mutable_parameters) };
  const own = Object.entries(given).find(([key]) => key.toLowerCase() === 'fstype')?.[1];
  if (fsType === undefined || own === undefined) return fsType === undefined ? given : { fsType, ...given };
  if (own.toLowerCase() === fsType.toLowerCase()) return given;
  throw new VolumeError(
    'invalid',
    `The capabilities ask for the file system ${JSON.stringify(fsType)}, and the parameter \`fsType\` for ${JSON.stringify(own)}: give one.`,
  );
}

/** The recorded source, so that a repeated call compares equal. */
function sameSize({ name, options }: Volume, wanted: Wanted): string | undefined {
  const problem = misfit(sizeOf(options), wanted);
  if (problem !== undefined) throw new VolumeError('conflict', `Volume ${name} exists, but ${problem}.`);
  if (wanted.least === undefined && wanted.most === undefined) return undefined;
  return options.size ?? `${wanted.least ?? wanted.most}B`;
}
