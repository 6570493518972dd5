import { access, constants } from 'node:fs/promises';
import { connect } from 'node:net';
import type { FileFacts, Host, MountEntry, Space } from '../host/host.ts';

/** Read access to the machine, for the checks. */
export interface System {
  /** Undefined if nothing exists there. */
  facts(path: string): Promise<FileFacts | undefined>;
  /** The content of a regular file; undefined if there is no such file. */
  text(path: string): Promise<string | undefined>;
  /** Names in a directory; undefined if it does not exist. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** The file that a program name runs, from the default search path; undefined if there is none. */
  program(name: string): Promise<string | undefined>;
  /** The output of both streams; undefined if the program is not installed, fails, or takes more than 5 s. */
  output(program: string, ...args: readonly string[]): Promise<string | undefined>;
  /** Whether somebody listens on a Unix socket. */
  isAnswered(socket: string): Promise<boolean>;
  /** Figures of the file system that the path is on. */
  space(path: string): Promise<Space>;
  mountTable(): Promise<readonly MountEntry[]>;
  /** Milliseconds since the epoch. */
  now(): number;
}

const searchPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** Milliseconds. */
const patience = 5_000;

export function createSystem(
  host: Pick<Host, 'files' | 'programs' | 'now'>,
  mountTable: System['mountTable'],
): System {
  const { files, programs } = host;
  return {
    facts: (path) => files.facts(path),
    text: (path) => files.readText(path),
    list: (path) => files.list(path),
    async program(name) {
      for (const file of searchPath.map((folder) => `${folder}/${name}`)) {
        const isThere = await access(file, constants.X_OK).then(
          () => true,
          () => false,
        );
        if (isThere) return file;
      }
      return undefined;
    },
    async output(program, ...args) {
      try {
        const ended = await programs.run(program, args, AbortSignal.timeout(patience));
        return ended.exitCode === 0 ? `${ended.stdout}${ended.stderr}`.trim() : undefined;
      } catch {
        return undefined;
      }
    },
    isAnswered: (path) =>
      new Promise((resolve) => {
        const socket = connect(path, () => end(true));
        const end = (answered: boolean) => {
          socket.destroy();
          resolve(answered);
        };
        socket.on('error', () => end(false));
      }),
    space: (path) => files.space(path),
    mountTable,
    now: () => host.now(),
  };
}
