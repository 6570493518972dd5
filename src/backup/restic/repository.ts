import { VolumeError } from '../../core/volume-error.ts';
import {
  parseBackupLine,
  parseLock,
  parseSnapshots,
  parseUnreadLine,
  type ReadSoFar,
  type ResticLock,
  type ResticSnapshot,
} from './answers.ts';

export type { ResticLock };

import type { NamedRepository, Restic } from './restic.ts';

/** restic's commands on one repository. */
export interface Repository {
  init(signal: AbortSignal): Promise<void>;
  /** Removes locks that no running restic has: those of a killed one of this host, or half an hour old. */
  unlock(signal: AbortSignal): Promise<void>;
  /** Those of Holdfast. */
  snapshots(signal: AbortSignal): Promise<readonly ResticSnapshot[]>;
  /** Keeps what has this name in the directory; resolves with the ID of the snapshot, or its beginning. */
  backup(wanted: WantedSnapshot, signal: AbortSignal): Promise<string>;
  restore(wanted: WantedRestore, signal: AbortSignal): Promise<void>;
  /** Deletes the snapshots; the data that no other has stays for now. */
  forgetOnly(ids: readonly string[], signal: AbortSignal): Promise<void>;
  /** Removes stale locks, then deletes the snapshots, and the data that no other has. */
  forget(ids: readonly string[], signal: AbortSignal): Promise<void>;
  check(signal: AbortSignal): Promise<void>;
  /** Those that are there now, stale ones included. */
  locks(signal: AbortSignal): Promise<readonly ResticLock[]>;
}

interface WantedSnapshot {
  readonly doing: string;
  readonly directory: string;
  readonly names: readonly string[];
  readonly tags: readonly string[];
  readonly hostname: string;
  /** Called with each path that could not be read; without this, that is a failure. */
  unread?(path: string): void;
  /** An earlier one, whose unchanged files are not read again. */
  readonly parent?: string | undefined;
  progress(done: ReadSoFar): void;
}

interface WantedRestore {
  readonly doing: string;
  readonly snapshot: string;
  readonly target: string;
  /** Only these, by their path in the snapshot, each with all below it. */
  readonly include: readonly string[];
  /** An empty directory: then all comes from the repository, and nothing from what this host keeps of it. */
  readonly cache?: string | undefined;
}

export function openRepository(restic: Restic, named: NamedRepository): Repository {
  const run = (doing: string, args: readonly string[], signal: AbortSignal) =>
    restic.call(named, { doing, args }, signal);
  const unlock = async (signal: AbortSignal) =>
    void (await run('Stale locks could not be removed', ['unlock'], signal));
  return {
    async init(signal) {
      const asked = run('Backups cannot be kept', ['init'], signal);
      const way = 'If there is one already, it is used as it is: see `holdfast backup ls`.';
      await asked.catch((error) => Promise.reject(withHint(error, way)));
    },
    unlock,
    async snapshots(signal) {
      const list = ['snapshots', '--json', '--no-lock', '--tag', 'holdfast'];
      const way = `If there is no repository yet, create it with \`holdfast backup init ${named.name}\`.`;
      const asked = run('The backups could not be listed', list, signal);
      return parseSnapshots(await asked.catch((error) => Promise.reject(withHint(error, way))));
    },
    async backup({ doing, directory, names, tags, hostname, parent, unread, progress }, signal) {
      let missed = 0;
      let made: string | undefined;
      const args = [
        'backup',
        '--json',
        ...['--host', hostname],
        ...tags.flatMap((tag) => ['--tag', tag]),
        ...(parent === undefined ? [] : ['--parent', parent]),
        ...names,
      ];
      const line = (text: string) => {
        const read = parseBackupLine(text);
        if (read?.kind === 'status') progress(read);
        if (read?.kind === 'summary') made = read.snapshot;
      };
      const errorLine = (text: string) => {
        const path = parseUnreadLine(text);
        if (path === undefined) return;
        missed += 1;
        unread?.(path);
      };
      const isAccepted = (exitCode: number) => unread !== undefined && exitCode === withoutSome && missed > 0;
      try {
        await restic.call(named, { doing, args, directory, line, errorLine, isAccepted }, signal);
      } catch (error) {
        // It would look like a whole one.
        if (missed > 0 && made !== undefined) await run(doing, ['forget', made], signal).catch(() => '');
        throw error;
      }
      if (made !== undefined) return made;
      throw new VolumeError('failed', `${doing}: restic did not say which snapshot it made.`);
    },
    async restore({ doing, snapshot, target, include, cache }, signal) {
      const args = ['restore', snapshot, '--no-lock', '--target', target];
      const all = [...args, ...include.flatMap((path) => ['--include', escaped(path)])];
      await restic.call(named, { doing, args: all, cache }, signal);
    },
    async forgetOnly(ids, signal) {
      if (ids.length > 0) await run('Claims could not be deleted', ['forget', ...ids], signal);
    },
    async forget(ids, signal) {
      await unlock(signal);
      if (ids.length === 0) return;
      await run('Backups could not be deleted', ['forget', ...ids], signal);
      await run('Space could not be given back', ['prune'], signal);
    },
    async check(signal) {
      await unlock(signal);
      await run('The check found errors, or failed', ['check'], signal);
    },
    async locks(signal) {
      const doing = 'The locks could not be listed';
      const ids = (await run(doing, ['list', 'locks', '--no-lock'], signal)).split('\n').filter(isId);
      // One that is gone by now is in nobody's way.
      const cat = (id: string) => run(doing, ['cat', 'lock', id, '--no-lock'], signal).catch(() => '');
      return (await Promise.all(ids.map(cat))).flatMap((text) => parseLock(text) ?? []);
    },
  };
}

/** The exit code of a backup that is there, without what could not be read. */
const withoutSome = 3;

function isId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** A path that is taken as it is: see path/filepath.Match of Go. */
function escaped(path: string): string {
  return path.replaceAll(/[\\*?[\]]/g, '\\$&');
}

/** Adds a way out to what restic itself refused. */
function withHint(error: unknown, hint: string): unknown {
  if (!(error instanceof VolumeError) || error.code !== 'failed') return error;
  return new VolumeError('failed', `${error.message.replace(/[.]?$/, '.')} ${hint}`, { cause: error });
}
