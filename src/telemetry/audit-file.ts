import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';

export interface AuditFileSettings {
  /** In an existing directory that only this user can access. */
  readonly path: string;
  /** Bytes at which the file is rotated; 10 MiB hold some 40,000 acts. */
  readonly most?: number;
}

const usualMost = 10 * 1024 ** 2;
/** `audit.log.1`, the newest, to `audit.log.9`. */
const kept = 9;

/**
 * Appends a line; it is in the file when the call returns. A full file is renamed to `….1`, and the oldest one is deleted.
 * The file is opened for each line, so that others may move it. Throws the system's error, or an error if the path is a
 * symlink or a file that is not only ours.
 */
export function appendAuditLine({ path, most = usualMost }: AuditFileSettings, line: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined && found.size >= most) putAside(path);
  const file = openOurs(path);
  try {
    writeWhole(file, Buffer.from(`${line}\n`));
  } finally {
    closeSync(file);
  }
}

/** Opens it as the ledger is opened: never through a symlink, and never a file with a second hard link. */
function openOurs(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  const facts = fstatSync(file);
  const isOurs = facts.isFile() && facts.nlink === 1 && facts.uid === process.geteuid?.();
  if (isOurs) {
    if ((facts.mode & 0o077) !== 0) fchmodSync(file, 0o600);
    return file;
  }
  closeSync(file);
  throw new Error(`${path} is not a private file of Holdfast: move it away`);
}

/** Renames the oldest first: a crash in between leaves a gap in the numbers but loses no act. */
function putAside(path: string): void {
  for (let number = kept; number > 1; number--) renameIfThere(`${path}.${number - 1}`, `${path}.${number}`);
  renameIfThere(path, `${path}.1`);
}

function renameIfThere(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to);
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
