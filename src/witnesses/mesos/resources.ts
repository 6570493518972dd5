import { type DiskResource, roleOf, rootOf } from './disks.ts';
import { type Persistence, parsePersistence } from './persistence.ts';
import { findPieces, pieceOf } from './pieces.ts';

/** What an operator requests from one disk. */
export interface Wish {
  readonly root: string;
  readonly role: string;
  /** Megabytes; the whole disk by default. A MOUNT disk cannot be divided. */
  readonly size?: number | undefined;
  /** The principal; a master with authentication requires the caller's own. */
  readonly principal?: string | undefined;
}

/** The disk as RESERVE_RESOURCES expects it. Throws `not-found` with the list of the agent's disks. */
export function reserved(disks: readonly DiskResource[], wish: Wish): DiskResource {
  const { root: where, role, size, principal } = wish;
  const found = findPieces(
    disks,
    `unreserved disk ${where}`,
    (each) => rootOf(each) === where && roleOf(each) === undefined,
  );
  const own = { type: 'DYNAMIC' as const, role, ...(principal === undefined ? {} : { principal }) };
  return { ...pieceOf(found, where, size), reservations: [own] };
}

/** The disk as UNRESERVE_RESOURCES expects it. */
export function toUnreserve(disks: readonly DiskResource[], wish: Wish): DiskResource {
  const { root: where, role, size } = wish;
  const found = findPieces(
    disks,
    `disk ${where} that is reserved for role ${role} by the API and has no persistent volume`,
    (each) => isFree(each, where, role) && each.reservations?.at(-1)?.type === 'DYNAMIC',
  );
  return pieceOf(found, where, size);
}

/** The persistent volume as CREATE_VOLUMES expects it. Throws `invalid` for names that Mesos refuses or ignores. */
export function persistent(disks: readonly DiskResource[], wish: Wish, names: Persistence): DiskResource {
  const { root: where, role, size, principal } = wish;
  const { id, containerPath } = parsePersistence(names);
  const what = `disk ${where} that is reserved for role ${role} and has no persistent volume`;
  const piece = pieceOf(
    findPieces(disks, what, (each) => isFree(each, where, role)),
    where,
    size,
  );
  const persistence = { id, ...(principal === undefined ? {} : { principal }) };
  const volume = { container_path: containerPath, mode: 'RW' };
  return { ...piece, disk: { ...piece.disk, persistence, volume } };
}

/** The persistent volume as DESTROY_VOLUMES expects it: exactly as the agent reports it. */
export function toDestroy(disks: readonly DiskResource[], id: string, role: string): DiskResource {
  const [found] = findPieces(
    disks,
    `persistent volume ${id} of role ${role}`,
    (each) => each.disk.persistence?.id === id && roleOf(each) === role,
  );
  return found;
}

function isFree(each: DiskResource, where: string, role: string): boolean {
  return rootOf(each) === where && roleOf(each) === role && each.disk.persistence === undefined;
}
