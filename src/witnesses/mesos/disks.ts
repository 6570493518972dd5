import * as z from 'zod/mini';

const reservation = z.looseObject({
  type: z.enum(['STATIC', 'DYNAMIC']),
  role: z.string(),
  principal: z.optional(z.string()),
});
const root = z.optional(z.looseObject({ root: z.optional(z.string()) }));
const disk = z.looseObject({
  persistence: z.optional(z.looseObject({ id: z.string() })),
  source: z.optional(z.looseObject({ type: z.string(), path: root, mount: root })),
});

/** An agent's resource as in GET_AGENTS: in the format before reservation refinement, in the newer one, or in both. */
export const writtenResource = z.looseObject({
  name: z.string(),
  type: z.string(),
  scalar: z.optional(z.looseObject({ value: z.number() })),
  role: z.optional(z.string()),
  reservation: z.optional(z.looseObject({ principal: z.optional(z.string()) })),
  reservations: z.optional(z.array(reservation)),
  disk: z.optional(disk),
});

/** A disk in the newer format only (Mesos 1.4), as calls require it: a call with both formats would be refused. */
export interface DiskResource {
  readonly scalar: { readonly value: number };
  readonly reservations?: readonly z.infer<typeof reservation>[];
  readonly disk: z.infer<typeof disk>;
  readonly [more: string]: unknown;
}

/** The disks with a root of their own among an agent's resources. */
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

export function rootOf({ disk: { source } }: DiskResource): string {
  return source?.path?.root ?? source?.mount?.root ?? '';
}

/** Undefined if unreserved. */
export function roleOf({ reservations = [] }: DiskResource): string | undefined {
  return reservations.at(-1)?.role;
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
