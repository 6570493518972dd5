import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A server for restic's repositories, for tests that kill it. */
export interface RepositoryServer {
  /** As in a configuration. */
  readonly url: string;
  /** restic's variables with the keys. */
  readonly environment: Readonly<Record<string, string>>;
  /** What must not be shown. */
  readonly secrets: readonly string[];
  /** Its programs come before the installed ones. */
  readonly programs?: string;
  /** How many bytes the repository has. */
  stored(): number;
  /** Kills all its processes. */
  kill(): Promise<void>;
  /** Starts it again, at the same address and with what it had. */
  start(): Promise<void>;
  /** Kills it, and deletes what it had. */
  remove(): Promise<void>;
}

/** Bytes of all files below the folder. */
export function bytesBelow(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + bytesBelow(path);
    return sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}
