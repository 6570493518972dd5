import { VolumeError } from '../core/volume-error.ts';
import type { ModifyRequest } from './messages.ts';
import { type CsiParts, ownParameters, requireOffer, requireVolume } from './parts.ts';

/** Gives a volume other options, as a volume attributes class has them. The size is not among them: there is a call for it. */
export async function modifyVolume(
  parts: CsiParts,
  { volume_id, mutable_parameters }: ModifyRequest,
): Promise<object> {
  const driver = requireOffer(parts, 'modifications');
  const { volume } = await requireVolume(driver, volume_id);
  const options = ownParameters(mutable_parameters);
  if (Object.keys(options).some((key) => key.toLowerCase() === 'size'))
    throw new VolumeError(
      'invalid',
      `Volume ${volume.name} is not enlarged by mutable parameters: leave \`size\` out, and expand it.`,
    );
  if (Object.keys(options).length > 0) await driver.modify(volume.name, options);
  return {};
}
