/** A resource as the v1 operator API writes it (include/mesos/v1/mesos.proto): only scalars are kept here. */
export interface Resource {
  readonly name: string;
  readonly type: 'SCALAR';
  readonly scalar: { readonly value: number };
  /** The format before reservation refinement (Mesos 1.4): it cannot stand beside `reservations`. */
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
  readonly volume?: { readonly container_path: string; readonly mode: 'RW' | 'RO' };
  readonly source?: {
    readonly type: 'PATH' | 'MOUNT';
    readonly path?: { readonly root: string };
    readonly mount?: { readonly root: string };
  };
}

/** A refusal, with the status that a master has for it. */
export class Refusal extends Error {
  readonly status: 400 | 403 | 409;

  constructor(status: Refusal['status'], message: string) {
    super(message);
    this.status = status;
  }
}

/** `role` and `reservation` become `reservations`, as masters convert them. */
export function upgraded({ role = '*', reservation, ...resource }: Resource): Resource {
  if (resource.reservations !== undefined) {
    if (role !== '*' || reservation !== undefined)
      throw new Refusal(
        400,
        `Cannot use both the 'reservations' and the 'role' or 'reservation' field of a resource`,
      );
    return resource;
  }
  if (role === '*') {
    if (reservation !== undefined)
      throw new Refusal(400, "Invalid reservation: role '*' cannot be dynamically reserved");
    return resource;
  }
  const type = reservation === undefined ? 'STATIC' : 'DYNAMIC';
  return { ...resource, reservations: [{ type, role, ...reservation }] };
}

/** What is left of the agent's resources, and what became of a part of them: `from` is taken out, `to` is put in. */
export function exchange(total: readonly Resource[], from: Resource, to: Resource): readonly Resource[] {
  return add(take(total, from), to);
}

function take(total: readonly Resource[], part: Resource): readonly Resource[] {
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

/** What two resources must have in common to be one. */
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
