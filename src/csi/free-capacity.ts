import { whyNot } from './capabilities.ts';
import type { CapacityRequest } from './messages.ts';
import { type CsiParts, requireOffer } from './parts.ts';
import { isWithinReach } from './topology.ts';

/** None for volumes that the driver does not have, or has elsewhere only. */
export async function freeCapacity(
  parts: CsiParts,
  { volume_capabilities, accessible_topology }: CapacityRequest,
): Promise<{ readonly available_capacity: string }> {
  const driver = requireOffer(parts, 'freeSpace');
  const isPossible = volume_capabilities.every((one) => whyNot(one, driver.capabilities) === undefined);
  const bytes =
    isPossible && isWithinReach(parts, accessible_topology?.segments) ? await driver.freeSpace() : 0;
  return { available_capacity: `${bytes}` };
}
