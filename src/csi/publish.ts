import { VolumeError } from '../core/volume-error.ts';
import { requireCapability } from './capabilities.ts';
import type { AttachRequest, ControllerPublishRequest } from './messages.ts';
import { type CsiParts, nameOfId, requireField, requireName, requireOffer } from './parts.ts';

/** Attaches the volume to the node. The stage there finds the disk by its identity, so it needs no context. */
export async function publishToNode(
  parts: CsiParts,
  { volume_id, node_id, volume_capability, readonly }: ControllerPublishRequest,
): Promise<object> {
  const driver = requireOffer(parts, 'attachments');
  requireField(volume_id, 'volume ID');
  const node = requireField(node_id, 'node ID');
  requireCapability(parts, volume_capability);
  if (readonly)
    throw new VolumeError(
      'invalid',
      'A volume is not attached read-only: publish it read-only on the node, or give it the parameter `readOnly`.',
    );
  await driver.attach(requireName(volume_id), node);
  return {};
}

export async function unpublishFromNode(
  parts: CsiParts,
  { volume_id, node_id }: AttachRequest,
): Promise<object> {
  const driver = requireOffer(parts, 'attachments');
  const name = nameOfId(volume_id);
  if (name !== undefined) await driver.detach(name, node_id === '' ? undefined : node_id);
  return {};
}
