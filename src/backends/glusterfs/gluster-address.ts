import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { insidePath } from '../shared/share/inside-path.ts';
import { bracketed, serverName } from '../shared/share/server-name.ts';

/** A volume of Gluster's, and perhaps a directory in it: `gluster1:gv0/team-a`. */
export interface GlusterAddress {
  /** At least one; the first is asked first. */
  readonly servers: readonly string[];
  /** Gluster's name of it. */
  readonly volume: string;
  /** Without a slash at either end; empty for the root. */
  readonly directory: string;
}

/** mount.glusterfs passes over longer ones in silence (HOST_NAME_MAX in the script). */
const longestServer = 62;

const form = /^([^/]+):\/?([^/:]+)(?:\/(.*))?$/;

/** Also in the spelling of mount(8), `gluster1:/gv0/team-a`, and with several servers, `a,b:gv0`. Throws `invalid`. */
export function parseAddress(text: string): GlusterAddress {
  const [, servers, volume, directory = ''] = form.exec(text) ?? [];
  if (servers === undefined || volume === undefined) {
    throw new VolumeError(
      'invalid',
      `${quote(text)} names no volume of GlusterFS: write it as server:volume or server:volume/directory.`,
    );
  }
  return {
    servers: [...new Set(servers.split(',').map(glusterServer))],
    volume: glusterVolumeName(volume),
    directory: /^[/.]*$/.test(directory) && !directory.includes('..') ? '' : insidePath(directory),
  };
}

/** The one spelling. */
export function formatAddress({ servers, volume, directory }: GlusterAddress): string {
  const root = `${servers.map(bracketed).join(',')}:${volume}`;
  return directory === '' ? root : `${root}/${directory}`;
}

/** A server as `serverName` reads it, where mount.glusterfs takes it: no interface, and no dot at the end. Throws `invalid`. */
export function glusterServer(text: string): string {
  const name = serverName(text);
  if (name.length <= longestServer && !/%|\.$/.test(name)) return name;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is no server: give a host name of at most ${longestServer} characters, an IPv4 address, or an IPv6 address in brackets.`,
  );
}

/** What `gluster volume create` takes. Throws `invalid`. */
export function glusterVolumeName(text: string): string {
  // mount.glusterfs takes what is below "snaps" for snapshots.
  if (/^[A-Za-z0-9_-]{1,255}$/.test(text) && text !== 'snaps') return text;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is not the name of a Gluster volume: use letters, digits, "_" and "-", as \`gluster volume list\` shows it.`,
  );
}
