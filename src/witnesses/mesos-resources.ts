import { z } from 'zod';
import { VolumeError } from '../core/volume-error.ts';

const reservation = z.looseObject({
  type: z.enum(['STATIC', 'DYNAMIC']),
  role: z.string(),
  principal: z.string().optional(),
});
const root = z.looseObject({ root: z.string().optional() }).optional();
const disk = z.looseObject({
  persistence: z.looseObject({ id: z.string() }).optional(),
  source: z.looseObject({ type: z.string(), path: root, mount: root }).optional(),
});

/** A resource of an agent, as GET_AGENTS has it: in the format before reservations could be refined, in the one since, or in both. */
export const writtenResource = z.looseObject({
  name: z.string(),
  type: z.string(),
  scalar: z.looseObject({ value: z.number() }).optional(),
  role: z.string().optional(),
  reservation: z.looseObject({ principal: z.string().optional() }).optional(),
  reservations: z.array(reservation).optional(),
  disk: disk.optional(),
});

/** A disk in the newer format alone (Mesos 1.4), which is what a call must have: sent in both it would be refused. */
export interface DiskResource {
  readonly scalar: { readonly value: number };
  readonly reservations?: readonly z.infer<typeof reservation>[];
  readonly disk: z.infer<typeof disk>;
  readonly [more: string]: unknown;
}

/** The disks among an agent's resources that have a root of their own. */
export function disksOf(resources: readonly z.infer<typeof writtenResource>[]): readonly DiskResource[] {
  return resources.flatMap(
    ({ role = '*', reservation: dynamic, reservations, scalar, disk: place, ...rest }) => {
      if (rest.name !== 'disk' || scalar === undefined || place === undefined) return [];
      const type = dynamic === undefined ? ('STATIC' as const) : ('DYNAMIC' as const);
      const stack = reservations ?? (role === '*' ? [] : [{ ...dynamic, type, role }]);
      return [{ ...rest, scalar, disk: place, ...(stack.length === 0 ? {} : { reservations: stack }) }];
    },
  );
}

function rootOf({ disk: { source } }: DiskResource): string {
  return source?.path?.root ?? source?.mount?.root ?? '';
}

/** What an operator wants of one disk. */
export interface Wish {
  readonly root: string;
  readonly role: string;
  /** Megabytes; the whole disk by default. A MOUNT disk cannot be divided. */
  readonly size?: number | undefined;
  /** Who asks: a master that knows its callers insists on the caller's own. */
  readonly principal?: string | undefined;
}

/** The disk as RESERVE_RESOURCES wants it. Throws `not-found`, saying what there is. */
export function reserved(
  disks: readonly DiskResource[],
  { root: where, role, size, principal }: Wish,
): DiskResource {
  const found = find(
    disks,
    `unreserved disk ${where}`,
    (each) => rootOf(each) === where && roleOf(each) === undefined,
  );
  const own = { type: 'DYNAMIC' as const, role, ...(principal === undefined ? {} : { principal }) };
  return { ...sized(found, size), reservations: [own] };
}

/** The disk as UNRESERVE_RESOURCES wants it. */
export function toUnreserve(disks: readonly DiskResource[], { root: where, role, size }: Wish): DiskResource {
  const found = find(
    disks,
    `disk ${where} that is reserved for role ${role} by the API and has no persistent volume`,
    (each) => isFree(each, where, role) && each.reservations?.at(-1)?.type === 'DYNAMIC',
  );
  return sized(found, size);
}

/** The persistent volume as CREATE_VOLUMES wants it. */
export function persistent(
  disks: readonly DiskResource[],
  { root: where, role, size, principal }: Wish,
  { id, containerPath }: { readonly id: string; readonly containerPath: string },
): DiskResource {
  const what = `disk ${where} that is reserved for role ${role} and has no persistent volume`;
  const found = find(disks, what, (each) => isFree(each, where, role));
  const persistence = { id, ...(principal === undefined ? {} : { principal }) };
  const volume = { container_path: containerPath, mode: 'RW' };
  return { ...sized(found, size), disk: { ...found.disk, persistence, volume } };
}

/** The persistent volume as DESTROY_VOLUMES wants it: just as the agent has it. */
export function toDestroy(disks: readonly DiskResource[], id: string, role: string): DiskResource {
  return find(
    disks,
    `persistent volume ${id} of role ${role}`,
    (each) => each.disk.persistence?.id === id && roleOf(each) === role,
  );
}

function isFree(each: DiskResource, where: string, role: string): boolean {
  return rootOf(each) === where && roleOf(each) === role && each.disk.persistence === undefined;
}

function roleOf({ reservations = [] }: DiskResource): string | undefined {
  return reservations.at(-1)?.role;
}

function sized(resource: DiskResource, size: number | undefined): DiskResource {
  const { value } = resource.scalar;
  if (size === undefined || size === value) return resource;
  const where = rootOf(resource);
  if (resource.disk.source?.type === 'MOUNT')
    throw new VolumeError(
      'invalid',
      `Disk ${where} is a MOUNT disk of ${value} MB, which cannot be divided: leave --size away.`,
    );
  if (size > value)
    throw new VolumeError('invalid', `Disk ${where} has ${value} MB left for it: ask for at most that.`);
  return { ...resource, scalar: { ...resource.scalar, value: size } };
}

function find(
  disks: readonly DiskResource[],
  what: string,
  fits: (resource: DiskResource) => boolean,
): DiskResource {
  const found = disks.find(fits);
  if (found !== undefined) return found;
  const all = disks.map(diskWords).join('; ') || 'none';
  throw new VolumeError('not-found', `The agent has no ${what}. Its disks: ${all}.`);
}

/** `MOUNT /mnt/db, 10000 MB, reserved for ads, with persistent volume pv1` */
export function diskWords(resource: DiskResource): string {
  const { source, persistence } = resource.disk;
  const role = roleOf(resource);
  return [
    `${source?.type ?? 'ROOT'} ${rootOf(resource)}`.trim(),
    `${resource.scalar.value} MB`,
    ...(role === undefined ? [] : [`reserved for ${role}`]),
    ...(persistence === undefined ? [] : [`with persistent volume ${persistence.id}`]),
  ].join(', ');
}
