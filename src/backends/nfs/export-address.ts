import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { bracketed, serverName } from '../shared/network-share/server/name.ts';
import { absolutePath } from '../shared/options/values.ts';

/** An export of a server, or a directory of one. */
export interface ExportAddress {
  /** Without brackets. */
  readonly server: string;
  /** Absolute, without trailing slash; "/" for the root. */
  readonly path: string;
}

/** NFS_MAXPATHLEN of mount.nfs(8). */
const longestPath = 1024;

/** As nfs(5) writes it: `nfs.example:/srv/volumes`, `[2001:db8::7]:/srv`. Throws `invalid`. */
export function parseAddress(text: string): ExportAddress {
  const [, server, path] = /^(\[[^\]]*\]|[^:/]*):(\/.*)$/s.exec(text) ?? [];
  if (server === undefined || path === undefined) {
    throw new VolumeError(
      'invalid',
      `${quote(text)} does not name an export: write it as server:/export, an IPv6 address in brackets.`,
    );
  }
  // Docker's `local` driver names the server in another option (`addr=`).
  if (server === '')
    throw new VolumeError('invalid', `${quote(text)} does not name a server: write it as server:/export.`);
  return { server: serverName(server), path: exportPath(path) };
}

/** The normalised spelling; mountinfo shows the same. */
export function formatAddress({ server, path }: ExportAddress): string {
  return `${bracketed(server)}:${path}`;
}

/** An absolute path without `..`; "/" is allowed: the root of an NFS 4 server. Throws `invalid`. */
export function exportPath(text: string): string {
  const path = absolutePath(text);
  if (Buffer.byteLength(path) <= longestPath) return path;
  throw new VolumeError('invalid', `${quote(text)} is too long: NFS takes paths of ${longestPath} bytes.`);
}

/** The path of a directory below the export; empty for the export itself. */
export function below(path: string, directory: string): string {
  if (directory === '') return path;
  return path === '/' ? `/${directory}` : `${path}/${directory}`;
}

/** A path relative to an export, without leading slash; undefined if it is not below the export. */
export function within(path: string, exported: string): string | undefined {
  if (path === exported) return '';
  const above = exported === '/' ? '/' : `${exported}/`;
  return path.startsWith(above) ? path.slice(above.length) : undefined;
}
