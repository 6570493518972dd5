import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { insidePath } from '../shared/network-share/inside-path.ts';
import { bracketed, serverName } from '../shared/network-share/server/name.ts';

/** A Gluster volume, and optionally a directory in it: `gluster1:gv0/team-a`. */
export interface GlusterAddress {
  /** At least one; the first is asked first. */
  readonly servers: readonly string[];
  /** The Gluster volume's name. */
  readonly volume: string;
  /** Without leading or trailing slash; empty for the root. */
  readonly directory: string;
}

/** mount.glusterfs silently skips longer ones (HOST_NAME_MAX in the script). */
const longestServer = 62;

const form = /^([^/]+):\/?([^/:]+)(?:\/(.*))?$/;

/** Also in the spelling of mount(8), `gluster1:/gv0/team-a`, and with several servers, `a,b:gv0`. Throws `invalid`. */
export function parseAddress(text: string): GlusterAddress {
  const [, servers, volume, directory = ''] = form.exec(text) ?? [];
  if (servers === undefined || volume === undefined) {
    throw new VolumeError(
      'invalid',
      `${quote(text)} does not name a Gluster volume: write it as server:volume or server:volume/directory.`,
    );
  }
  return {
    servers: [...new Set(servers.split(',').map(glusterServer))],
    volume: glusterVolumeName(volume),
    directory: /^[/.]*$/.test(directory) && !directory.includes('..') ? '' : insidePath(directory),
  };
}

/** The normalised spelling. */
export function formatAddress({ servers, volume, directory }: GlusterAddress): string {
  const root = `${servers.map(bracketed).join(',')}:${volume}`;
  return directory === '' ? root : `${root}/${directory}`;
}

/** A server that both `serverName` and mount.glusterfs accept: without interface and trailing dot. Throws `invalid`. */
export function glusterServer(text: string): string {
  const name = serverName(text);
  if (name.length <= longestServer && !/%|\.$/.test(name)) return name;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is not a valid server: give a host name of at most ${longestServer} characters, an IPv4 address, or an IPv6 address in brackets.`,
  );
}

/** A name that `gluster volume create` accepts. Throws `invalid`. */
export function glusterVolumeName(text: string): string {
  // mount.glusterfs takes paths below "snaps" for snapshots.
  if (/^[A-Za-z0-9_-]{1,255}$/.test(text) && text !== 'snaps') return text;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is not the name of a Gluster volume: use letters, digits, "_" and "-", as \`gluster volume list\` shows it.`,
  );
}
