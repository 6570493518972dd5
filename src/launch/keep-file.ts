import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Replaces the file as a whole: another process may be reading it. Does nothing if that fails. */
export function keepFile(path: string, bytes: Buffer): void {
  const aside = `${path}.${process.pid}`;
  try {
    const file = openSync(aside, 'wx', 0o644);
    try {
      writeFileSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, path);
  } catch {
    rmSync(aside, { force: true });
  }
}
