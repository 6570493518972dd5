import { type Refusal, type Resource, roleOf } from './resources.ts';

/** Why a resource is invalid; undefined if it is valid (Resources::validate: docs/design/mesos-rules.md#resources). */
export function resourceFault({
  name,
  scalar,
  role,
  reservation,
  reservations = [],
  disk,
}: Resource): string | undefined {
  if (name === '') return 'Empty resource name';
  // Zero is valid: none of the resource.
  if (scalar.value < 0) return 'Invalid scalar resource: value <= 0';
  if (disk !== undefined && name !== 'disk') return `DiskInfo should not be set for ${name} resource`;
  if (reservations.length === 0) {
    const fault = roleFault(role ?? '*');
    if (fault !== undefined || role !== '*' || reservation === undefined) return fault;
    return 'Invalid reservation: role "*" cannot be dynamically reserved';
  }
  for (const stacked of reservations) {
    const fault = roleFault(stacked.role);
    if (fault !== undefined) return fault;
    if (stacked.role === '*') return 'Invalid reservation: role "*" cannot be reserved';
  }
  return bothFormatsFault({ role, reservation, reservations });
}

/** A resource may have the formats before and after reservation refinement together only if both say the same. */
function bothFormatsFault({
  role,
  reservation,
  reservations,
}: Required<Pick<Resource, 'reservations'>> & {
  readonly role: string | undefined;
  readonly reservation: Resource['reservation'] | undefined;
}): string | undefined {
  const [only, ...refined] = reservations;
  const invalid = "Invalid resource format: 'Resource.role'";
  if (refined.length > 0)
    return role === undefined && reservation === undefined
      ? undefined
      : `${invalid} must not be set if there is more than one reservation in 'Resource.reservations'`;
  if (role !== undefined && role !== only?.role)
    return `${invalid} field with '${role}' does not match the role '${only?.role}' in 'Resource.reservations'`;
  if (only?.type === 'STATIC')
    return reservation && "Invalid resource format: 'Resource.reservation' must not be set";
  if ((role === undefined) !== (reservation === undefined))
    return `${invalid} and 'Resource.reservation' must either be both set or both not set`;
  if (reservation !== undefined && reservation.principal !== only?.principal)
    return "Invalid resource format: 'Resource.reservation.principal' does not match 'Resource.reservations'";
  return undefined;
}

/** Checks each level of a role (docs/design/mesos-rules.md#resources). */
function roleFault(role: string): string | undefined {
  if (role === '*') return undefined;
  if (role === '') return 'Empty role name is invalid.';
  const isWrong = role
    .split('/')
    .some((level) => ['', '.', '..', '*'].includes(level) || level.startsWith('-'));
  return isWrong || /[\s\x7f]/.test(role) ? `Role name '${role}' is invalid` : undefined;
}

/** What is wrong with the disk of an operation (validateDiskInfo: docs/design/mesos-rules.md#resources). Any `container_path` is valid. */
export function diskFault(resource: Resource): string | undefined {
  const { disk } = resource;
  if (disk === undefined) return undefined;
  if (disk.persistence === undefined) {
    if (disk.volume !== undefined) return 'Non-persistent volume not supported';
    return disk.source === undefined ? 'DiskInfo is set but empty' : undefined;
  }
  if (roleOf(resource) === undefined) return 'Persistent volumes cannot be created from unreserved resources';
  if (disk.volume === undefined) return "Expecting 'volume' to be set for persistent volume";
  if (disk.volume.host_path !== undefined) return "Expecting 'host_path' to be unset for persistent volume";
  const fault = idFault(disk.persistence.id);
  return fault && `Invalid persistence ID for persistent volume: ${fault}`;
}

/** validateID, with control characters as C defines them (docs/design/mesos-rules.md#persistent-volumes). */
function idFault(id: string): string | undefined {
  if (id === '') return 'ID must not be empty';
  if (Buffer.byteLength(id) > 255) return 'ID must not be greater than 255 characters';
  if (id === '.' || id === '..') return `'${id}' is disallowed`;
  const isInvalid = [...id].some((char) => char < ' ' || char === '\x7f' || char === '/' || char === '\\');
  return isInvalid ? `'${id}' contains invalid characters` : undefined;
}

/** Throws for what is not a persistent volume (validatePersistentVolume: docs/design/mesos-rules.md#resources). */
export function requirePersistentVolume({ disk }: Resource, refuse: (reason: string) => Refusal): void {
  const not = (reason: string) => refuse(`Not a persistent volume: ${reason}`);
  if (disk === undefined) throw not('Resource does not have DiskInfo');
  if (disk.persistence === undefined) throw not("'persistence' is not set in DiskInfo");
  if (disk.volume === undefined) throw not("Expecting 'volume' to be set for persistent volume");
  if (disk.volume.mode === 'RO') throw not('Read-only persistent volume not supported');
}
