import { status } from '@grpc/grpc-js';
import type { VolumeName } from '../core/names.ts';
import { isUnreadable, requireReadable } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { VolumeDriver, VolumeView } from '../driver/volume-driver.ts';
import { CsiError } from './call.ts';
import type { Requirements, Texts, Topology } from './messages.ts';
import type { CsiParts } from './parts.ts';

/** What volumes are bound to: the host that made them, or the zone of their disk; undefined: every node reaches them. */
export function boundTo({ capabilities, offers }: VolumeDriver): 'host' | 'zone' | undefined {
  if (capabilities.scope === 'local') return 'host';
  return offers.attachments ? 'zone' : undefined;
}

/** Where a volume can be used; absent if it is everywhere, or not known yet. */
export function topologyOf(
  parts: CsiParts,
  view: Pick<VolumeView, 'volume' | 'details'>,
): { readonly accessible_topology?: readonly Topology[] } {
  const kind = boundTo(parts.driver());
  if (kind === 'host') return { accessible_topology: [segment(parts, 'host', parts.nodeId)] };
  const zone = kind === 'zone' ? zoneOf(view) : undefined;
  return zone === undefined ? {} : { accessible_topology: [segment(parts, 'zone', zone)] };
}

function zoneOf({ volume, details }: Pick<VolumeView, 'volume' | 'details'>): string | undefined {
  return details?.zone ?? (isUnreadable(volume) ? undefined : volume.options.availabilityZone);
}

/** A node is its host, or its instance in the cloud: whatever the controller attaches volumes to. */
export async function nodeInfo(parts: CsiParts): Promise<object> {
  const kind = boundTo(parts.driver());
  const node_id = parts.nodeId;
  if (kind === undefined) return { node_id };
  if (kind === 'host') return { node_id, accessible_topology: segment(parts, 'host', node_id) };
  const { id, zone, mostVolumes } = await parts.driver().thisHost();
  return {
    node_id: id,
    accessible_topology: segment(parts, 'zone', zone),
    ...(mostVolumes === undefined ? {} : { max_volumes_per_node: `${mostVolumes}` }),
  };
}

/** Whether volumes can be made for that part of the cluster. */
export function isWithinReach(parts: CsiParts, segments: Texts = {}): boolean {
  if (boundTo(parts.driver()) !== 'host') return true;
  const here = segment(parts, 'host', parts.nodeId).segments;
  return Object.entries(segments).every(([key, value]) => here[key] === value);
}

/**
 * The parameters that put the volume into one of the required places. Throws RESOURCE_EXHAUSTED if it cannot be there, `conflict` if it
 * exists elsewhere, and `invalid` if the parameters name another zone.
 */
export async function placeParameters(
  parts: CsiParts,
  name: VolumeName,
  requirements: Requirements | null | undefined,
  parameters: Texts,
): Promise<Texts> {
  const places = [...(requirements?.preferred ?? []), ...(requirements?.requisite ?? [])];
  const kind = boundTo(parts.driver());
  if (places.length === 0 || kind === undefined) return {};
  const values = places.flatMap(({ segments }) => segments[keyOf(parts, kind)] ?? []);
  if (kind === 'zone') return zoneParameter(values, parameters, await parts.driver().get(name));
  if (values.includes(parts.nodeId)) return {};
  throw new CsiError(
    status.RESOURCE_EXHAUSTED,
    `A volume of driver ${parts.driverName} can only be made on host ${parts.nodeId}, which is not among the required ones.`,
  );
}

function zoneParameter(zones: readonly string[], parameters: Texts, known: VolumeView | undefined): Texts {
  const [first] = zones;
  const own = Object.entries(parameters).find(([key]) => zoneOptions.includes(key.toLowerCase()))?.[1];
  const required = [...new Set(zones)].join(', ');
  if (first !== undefined && own !== undefined && !zones.includes(own))
    throw new VolumeError(
      'invalid',
      `The parameters name zone ${own}, which is not among the required ones (${required}): leave the parameter out.`,
    );
  if (first === undefined || own !== undefined) return {};
  const zone = known && zoneOf(known);
  if (known === undefined || zone === undefined) return { availabilityZone: first };
  if (!zones.includes(zone))
    throw new VolumeError(
      'conflict',
      `Volume ${known.volume.name} exists in zone ${zone}, which is not among the required ones (${required}).`,
    );
  const { availabilityZone } = requireReadable(known.volume).options;
  return availabilityZone === undefined ? {} : { availabilityZone };
}

/** Spellings of the option. */
const zoneOptions = ['availabilityzone', 'zone'];

function keyOf({ pluginName }: CsiParts, kind: 'host' | 'zone'): string {
  return `${pluginName}/${kind}`;
}

function segment(parts: CsiParts, kind: 'host' | 'zone', value: string): Topology {
  return { segments: { [keyOf(parts, kind)]: value } };
}
