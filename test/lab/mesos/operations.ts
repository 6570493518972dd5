import { exchange, holdsIn, type Refusal, type Resource, roleOf, upgraded } from './resources.ts';
import { diskFault, requirePersistentVolume } from './validation.ts';

interface Request {
  readonly total: readonly Resource[];
  /** IDs of persistent volumes that tasks have. */
  readonly used: ReadonlySet<string>;
  readonly principal: string | undefined;
  /** Makes the refusal of an operation on this agent. */
  refuse(reason: string): Refusal;
}

interface Operation {
  readonly field: 'resources' | 'volumes';
  /** The master's name for it. */
  readonly name: string;
  run(resources: readonly Resource[], request: Request): readonly Resource[];
}

/**
 * An agent's resources after RESERVE_RESOURCES and similar operations. Throws the master's refusal, with the checks in the
 * order of validation::operation::validate (docs/design/mesos-rules.md#resources).
 */
export const operations: Readonly<Record<string, Operation>> = {
  RESERVE_RESOURCES: { field: 'resources', name: 'RESERVE', run: reserve },
  UNRESERVE_RESOURCES: { field: 'resources', name: 'UNRESERVE', run: unreserve },
  CREATE_VOLUMES: { field: 'volumes', name: 'CREATE', run: create },
  DESTROY_VOLUMES: { field: 'volumes', name: 'DESTROY', run: destroy },
};

/** Checks all resources before any change. */
function checked(
  resources: readonly Resource[],
  { refuse }: Request,
  check: (resource: Resource) => void,
): readonly Resource[] {
  const all = resources.map(upgraded);
  const faults = all.map(diskFault).filter((fault) => fault !== undefined);
  if (faults[0] !== undefined) throw refuse(`Invalid resources: Invalid DiskInfo: ${faults[0]}`);
  // Mesos words it so if there is no resource, and thus no provider (validateSingleResourceProvider).
  if (all.length === 0) throw refuse('Invalid resources: The resources have multiple resource providers: ');
  all.forEach(check);
  return all;
}

function reserve(resources: readonly Resource[], request: Request): readonly Resource[] {
  const { refuse, principal, total } = request;
  const all = checked(resources, request, (resource) => {
    const last = resource.reservations?.at(-1);
    if (last?.type !== 'DYNAMIC') throw refuse('Resource is not dynamically reserved');
    if (principal === undefined || last.principal === principal) return;
    throw refuse(
      last.principal === undefined
        ? `A reserve operation was attempted by principal '${principal}', but there is a reserved resource in the request with no principal set`
        : `A reserve operation was attempted by authenticated principal '${principal}', which does not match a reserved resource in the request with principal '${last.principal}'`,
    );
  });
  return all.reduce((left, resource) => exchange(left, withoutLast(resource), resource), total);
}

function unreserve(resources: readonly Resource[], request: Request): readonly Resource[] {
  const { refuse, total } = request;
  const all = checked(resources, request, ({ reservations, disk }) => {
    if (reservations?.at(-1)?.type !== 'DYNAMIC') throw refuse('Resource is not dynamically reserved');
    if (disk?.persistence !== undefined)
      throw refuse(
        'A dynamically reserved persistent volume cannot be unreserved directly. Please destroy the persistent volume first then unreserve the resource',
      );
  });
  return all.reduce((left, resource) => exchange(left, resource, withoutLast(resource)), total);
}

function create(volumes: readonly Resource[], request: Request): readonly Resource[] {
  const { refuse, principal, total } = request;
  const all = checked(volumes, request, (volume) => requirePersistentVolume(volume, refuse));
  const seen = new Set(total.flatMap(uniqueId));
  for (const volume of all) {
    const [key = ''] = uniqueId(volume);
    const { persistence } = volume.disk ?? {};
    if (seen.has(key)) throw refuse(`Persistence ID '${persistence?.id}' is not unique`);
    seen.add(key);
  }
  for (const { disk } of all) {
    const owner = disk?.persistence?.principal;
    if (principal === undefined || owner === principal) continue;
    throw refuse(
      owner === undefined
        ? `Create volume operation attempted by principal '${principal}', but there is a volume in the operation with no principal set in 'disk.persistence'`
        : `Create volume operation attempted by authenticated principal '${principal}', which does not match a volume in the operation with principal '${owner}' set in 'disk.persistence'`,
    );
  }
  return all.reduce((left, volume) => exchange(left, withoutPersistence(volume), volume), total);
}

function destroy(volumes: readonly Resource[], request: Request): readonly Resource[] {
  const { refuse, total, used } = request;
  const all = checked(volumes, request, (volume) => requirePersistentVolume(volume, refuse));
  if (!all.every((volume) => holdsIn(total, volume))) throw refuse('Persistent volumes not found');
  if (all.some(({ disk }) => used.has(disk?.persistence?.id ?? '')))
    throw refuse('Persistent volumes in use');
  return all.reduce((left, volume) => exchange(left, volume, withoutPersistence(volume)), total);
}

/** An ID is one per agent and role. */
function uniqueId(resource: Resource): readonly string[] {
  const { persistence } = resource.disk ?? {};
  return persistence === undefined ? [] : [JSON.stringify([roleOf(resource), persistence.id])];
}

function withoutLast({ reservations = [], ...resource }: Resource): Resource {
  const stack = reservations.slice(0, -1);
  return stack.length === 0 ? resource : { ...resource, reservations: stack };
}

function withoutPersistence({ disk, ...resource }: Resource): Resource {
  return disk?.source === undefined ? resource : { ...resource, disk: { source: disk.source } };
}
