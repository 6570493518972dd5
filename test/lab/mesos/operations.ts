import { exchange, Refusal, type Resource, upgraded } from './resources.ts';

type Operation = (
  total: readonly Resource[],
  resources: readonly Resource[],
  principal: string | undefined,
) => readonly Resource[];

/** What RESERVE_RESOURCES and its like make of an agent's resources; throws the master's refusal. */
export const operations: Readonly<
  Record<string, { readonly field: 'resources' | 'volumes'; run: Operation }>
> = {
  RESERVE_RESOURCES: { field: 'resources', run: reserve },
  UNRESERVE_RESOURCES: { field: 'resources', run: unreserve },
  CREATE_VOLUMES: { field: 'volumes', run: create },
  DESTROY_VOLUMES: { field: 'volumes', run: destroy },
};

function reserve(
  total: readonly Resource[],
  resources: readonly Resource[],
  principal: string | undefined,
): readonly Resource[] {
  return resources.map(upgraded).reduce((left, resource) => {
    const stack = resource.reservations ?? [];
    const last = stack.at(-1);
    if (last?.type !== 'DYNAMIC')
      throw new Refusal(400, 'Invalid RESERVE operation: the resource is not dynamically reserved');
    if (resource.disk?.persistence !== undefined)
      throw new Refusal(400, 'Invalid RESERVE operation: A persistent volume must already be reserved');
    if (principal !== undefined && last.principal !== principal)
      throw new Refusal(
        400,
        `Invalid RESERVE operation: A reserve operation was attempted by principal '${principal}', but there is a reserved resource in the request with principal '${last.principal ?? ''}'`,
      );
    return exchange(left, withReservations(resource, stack.slice(0, -1)), resource);
  }, total);
}

function unreserve(total: readonly Resource[], resources: readonly Resource[]): readonly Resource[] {
  return resources.map(upgraded).reduce((left, resource) => {
    const stack = resource.reservations ?? [];
    if (stack.at(-1)?.type !== 'DYNAMIC')
      throw new Refusal(400, 'Invalid UNRESERVE operation: the resource is not dynamically reserved');
    if (resource.disk?.persistence !== undefined)
      throw new Refusal(
        400,
        'Invalid UNRESERVE operation: A dynamically reserved persistent volume cannot be unreserved directly. Please destroy the persistent volume first then unreserve the resource',
      );
    return exchange(left, resource, withReservations(resource, stack.slice(0, -1)));
  }, total);
}

function create(
  total: readonly Resource[],
  volumes: readonly Resource[],
  principal: string | undefined,
): readonly Resource[] {
  return volumes.map(upgraded).reduce((left, volume) => {
    const role = volumeRole(volume, 'CREATE');
    const { persistence } = volume.disk ?? {};
    if (principal !== undefined && persistence?.principal !== principal)
      throw new Refusal(
        400,
        `Invalid CREATE operation: Create volume operation attempted by principal '${principal}', but there is a volume in the operation with principal '${persistence?.principal ?? ''}' set in 'DiskInfo.persistence'`,
      );
    if (left.some((held) => held.disk?.persistence?.id === persistence?.id && roleOf(held) === role))
      throw new Refusal(400, `Invalid CREATE operation: Persistence ID '${persistence?.id}' already exists`);
    return exchange(left, withoutPersistence(volume), volume);
  }, total);
}

function destroy(total: readonly Resource[], volumes: readonly Resource[]): readonly Resource[] {
  return volumes.map(upgraded).reduce((left, volume) => {
    volumeRole(volume, 'DESTROY');
    const id = volume.disk?.persistence?.id;
    if (!left.some((held) => held.disk?.persistence?.id === id))
      throw new Refusal(400, 'Invalid DESTROY operation: Persistent volumes not found');
    return exchange(left, volume, withoutPersistence(volume));
  }, total);
}

/** Throws for what is no persistent volume. */
function volumeRole(volume: Resource, operation: string): string {
  const refuse = (reason: string) => new Refusal(400, `Invalid ${operation} operation: ${reason}`);
  const { persistence, volume: place } = volume.disk ?? {};
  if (volume.name !== 'disk') throw refuse('Only disk resources may have DiskInfo');
  if (persistence === undefined) throw refuse("'persistence' is not set in DiskInfo");
  if (place === undefined) throw refuse("Expecting 'volume' to be set for persistent volume");
  if (place.mode !== 'RW') throw refuse('Read-only persistent volume not supported');
  if (place.container_path.startsWith('/'))
    throw refuse("'container_path' of a persistent volume must be relative");
  const role = roleOf(volume);
  if (role === undefined) throw refuse('Persistent volumes cannot be created from unreserved resources');
  return role;
}

function roleOf({ reservations = [] }: Resource): string | undefined {
  return reservations.at(-1)?.role;
}

function withReservations(
  { reservations: _, ...resource }: Resource,
  stack: NonNullable<Resource['reservations']>,
): Resource {
  return stack.length === 0 ? resource : { ...resource, reservations: stack };
}

function withoutPersistence({ disk, ...resource }: Resource): Resource {
  return disk?.source === undefined ? resource : { ...resource, disk: { source: disk.source } };
}
