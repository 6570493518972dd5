import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '../../docs/pages.ts';

/**
 * A service that keeps its data in a volume. All but `create` is shell for a container: the volume is at /data, and /run is of the
 * container alone.
 */
export interface Workload {
  readonly name: string;
  /** The text of its configuration files, which are at /host. */
  readonly files?: Readonly<Record<string, string>>;
  /** The folder that is at /programs, for a service that is not one of Debian's. */
  readonly programs?: () => Promise<string>;
  /** Makes the service's first files in the empty folder $DATA, on the machine: user-mode kernels take minutes for that. */
  readonly create?: string;
  /** The server in the foreground, without a shell around it. */
  readonly server: string;
  /** Succeeds once the server answers. */
  readonly answers: string;
  /** Reads `requests`, and prints the number of each once it is acknowledged as kept. */
  readonly client: string;
  /** The client's input, for this many numbered rows. */
  requests(rows: number): string;
  /** The service's own check while it runs. Fails for a fault. */
  readonly check: string;
  /** Prints the number of each row that is there. */
  readonly rows: string;
  /** Its own check of its files, after it has stopped. */
  readonly checkAtRest?: string;
}

/** The numbers of so many rows. */
export function numbers(rows: number): readonly number[] {
  return Array.from({ length: rows }, (_, place) => place + 1);
}

/** The files of the folder beside this file, to be those of a workload. */
export function filesOf(folder: string): Readonly<Record<string, string>> {
  const path = join(project, 'test/lab/workloads', folder);
  return Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'utf8')]));
}
