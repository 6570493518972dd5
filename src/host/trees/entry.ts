/** What a manifest says of one file, directory or other entry. The keys are short: a tree may have millions of them. */
export interface Entry {
  /** Below the root, its bytes as Latin-1; empty for the root itself. */
  readonly p: string;
  /** directory, file, symlink, socket, FIFO, character device, block device */
  readonly t: 'd' | 'f' | 'l' | 's' | 'p' | 'c' | 'b';
  /** Permission bits. */
  readonly m: number;
  readonly u: number;
  readonly g: number;
  /** Size of a file in bytes. */
  readonly z?: number;
  /** Bytes that the file takes on its disk. */
  readonly b?: number;
  /** Time of the last change of the content, and of anything, in nanoseconds; the inode. */
  readonly a: string;
  readonly c: string;
  readonly i: string;
  /** Checksum of a file: a nonce and an AES-256-GMAC under the manifest's key, or its SHA-256. */
  readonly h?: string;
  /** Target of a symlink. */
  readonly l?: string;
  /** Number of a device. */
  readonly r?: string;
  /** The first path of the same file: a hard link. */
  readonly n?: string;
  /** Extended attributes, in Base64. */
  readonly x?: Readonly<Record<string, string>>;
  /** It changed while it was read: its content is not known. */
  readonly q?: true;
}

const kinds = ['d', 'f', 'l', 's', 'p', 'c', 'b'];

/** A line of a manifest, which came from a repository. Throws for anything else. */
export function parseEntry(value: unknown): Entry {
  if (!isRecord(value)) throw new Error('the manifest has a line that is not an entry');
  const { p, t, m, u, g, z, b, a, c, i, h, l, r, n, x, q } = value;
  const isSound =
    isPath(p) &&
    kinds.includes(String(t)) &&
    isCount(m, 0o7777) &&
    [u, g].every((one) => isCount(one, 0xffff_ffff)) &&
    [z, b].every((one) => one === undefined || isCount(one)) &&
    [a, c, i].every((one) => typeof one === 'string' && /^-?\d{1,25}$/.test(one)) &&
    (h === undefined || (typeof h === 'string' && /^([0-9a-f]{56}|[0-9a-f]{64})$/.test(h))) &&
    [l, r].every((one) => one === undefined || typeof one === 'string') &&
    (n === undefined || isPath(n)) &&
    (x === undefined || (isRecord(x) && Object.values(x).every((one) => typeof one === 'string'))) &&
    (q === undefined || q === true);
  if (!isSound) throw new Error('the manifest has a damaged entry');
  return value as unknown as Entry;
}

/** Never leads out of the root. */
function isPath(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  return (
    value === '' || value.split('/').every((part) => !['', '.', '..'].includes(part) && !part.includes('\0'))
  );
}

function isCount(value: unknown, most = Number.MAX_SAFE_INTEGER): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most;
}

/** Bytes by which a file without holes may take more or less space on another file system. */
const slack = 1024 * 1024;

export function isSparse({ z = 0, b = 0 }: Entry): boolean {
  return b + slack < z;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The order in which a tree is walked: a directory before what is in it, names by their bytes. */
export function compareOrder(one: string, other: string): number {
  const [a, b] = [one === '' ? [] : one.split('/'), other === '' ? [] : other.split('/')];
  for (const [index, part] of a.entries()) {
    const counterpart = b[index];
    if (counterpart === undefined) return 1;
    if (part !== counterpart) return part < counterpart ? -1 : 1;
  }
  return a.length - b.length;
}

/** For users: the bytes are UTF-8 as a rule. */
export function shownPath(path: string): string {
  return path === '' ? 'the root' : Buffer.from(path, 'latin1').toString('utf8');
}
