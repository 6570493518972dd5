/** A resource in the form of the v1 operator API (docs/design/mesos-rules.md#resources), scalars only. */
export interface Resource {
  readonly name: string;
  readonly type: 'SCALAR';
  readonly scalar: { readonly value: number };
  /** The format before reservation refinement (Mesos 1.4). It cannot be used together with `reservations`. */
  readonly role?: string;
  readonly reservation?: { readonly principal?: string };
  readonly reservations?: readonly Reservation[];
  readonly disk?: Disk;
}

interface Reservation {
  readonly type: 'STATIC' | 'DYNAMIC';
  readonly role: string;
  readonly principal?: string;
}

interface Disk {
  readonly persistence?: { readonly id: string; readonly principal?: string };
  readonly volume?: {
    readonly container_path: string;
    readonly mode: 'RW' | 'RO';
    readonly host_path?: string;
  };
  readonly source?: {
    readonly type: 'PATH' | 'MOUNT';
    readonly path?: { readonly root: string };
    readonly mount?: { readonly root: string };
  };
}

/** A refusal, with the master's HTTP status for it. */
export class Refusal extends Error {
  readonly status: 400 | 403 | 409;

  constructor(status: Refusal['status'], message: string) {
    super(message);
    this.status = status;
  }
}

/** `role` and `reservation` become `reservations`, as masters convert valid resources (docs/design/mesos-rules.md#resources). */
export function upgraded({ role = '*', reservation, ...resource }: Resource): Resource {
  if (resource.reservations !== undefined || role === '*') return resource;
  const type = reservation === undefined ? 'STATIC' : 'DYNAMIC';
  return { ...resource, reservations: [{ type, role, ...reservation }] };
}

/** Undefined: unreserved. */
export function roleOf({ reservations = [] }: Resource): string | undefined {
  return reservations.at(-1)?.role;
}

/** What an agent with these resources announces: equal parts are merged (docs/design/mesos-rules.md#resources). */
export function summed(resources: readonly Resource[]): readonly Resource[] {
  return resources.reduce<readonly Resource[]>(add, []);
}

/** Whether the resources contain the part; a MOUNT disk or a persistent volume only as a whole. */
export function holdsIn(total: readonly Resource[], part: Resource): boolean {
  return total.some((held) => isAlike(held, part) && holds(held, part));
}

/** The agent's resources after `from` is taken out and `to` is put in. */
export function exchange(total: readonly Resource[], from: Resource, to: Resource): readonly Resource[] {
  return add(take(total, from), to);
}

function take(total: readonly Resource[], part: Resource): readonly Resource[] {
  if (part.scalar.value === 0) return total;
  const index = total.findIndex((held) => isAlike(held, part) && holds(held, part));
  const held = total[index];
  if (held === undefined)
    throw new Refusal(409, `Insufficient resources: ${JSON.stringify(part)} is not there`);
  const rest = held.scalar.value - part.scalar.value;
  return total.flatMap((resource, at) => {
    if (at !== index) return [resource];
    return rest === 0 ? [] : [{ ...resource, scalar: { value: rest } }];
  });
}

function add(total: readonly Resource[], part: Resource): readonly Resource[] {
  if (part.scalar.value === 0) return total;
  const index = isExclusive(part) ? -1 : total.findIndex((held) => isAlike(held, part));
  if (index < 0) return [...total, part];
  return total.map((held, at) =>
    at === index ? { ...held, scalar: { value: held.scalar.value + part.scalar.value } } : held,
  );
}

/** A MOUNT disk and a persistent volume are taken whole or not at all. */
function holds(held: Resource, part: Resource): boolean {
  const { value } = part.scalar;
  return isExclusive(part) ? held.scalar.value === value : held.scalar.value >= value;
}

function isExclusive({ disk }: Resource): boolean {
  return disk?.persistence !== undefined || disk?.source?.type === 'MOUNT';
}

function isAlike(one: Resource, other: Resource): boolean {
  return kindOf(one) === kindOf(other);
}

/** The properties that two resources must have in common to be merged. */
function kindOf({ name, reservations = [], disk }: Resource): string {
  const stack = reservations.map(({ type, role, principal }) => [type, role, principal]);
  const { source, persistence } = disk ?? {};
  return JSON.stringify([
    name,
    stack,
    source?.type,
    source?.path?.root ?? source?.mount?.root,
    persistence?.id,
  ]);
}
