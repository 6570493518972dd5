import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { insidePath } from '../shared/share/inside-path.ts';
import { bracketed, serverName } from './server-name.ts';

/** A volume of Gluster's, and perhaps a directory in it: `gluster1:gv0/team-a`. */
export interface GlusterAddress {
  /** At least one; the first is asked first. */
  readonly servers: readonly string[];
  /** Gluster's name of it. */
  readonly volume: string;
  /** Without a slash at either end; empty for the root. */
  readonly directory: string;
}

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
    servers: [...new Set(servers.split(',').map(serverName))],
    volume: glusterVolumeName(volume),
    directory: /^[/.]*$/.test(directory) && !directory.includes('..') ? '' : insidePath(directory),
  };
}

/** The one spelling. */
export function formatAddress({ servers, volume, directory }: GlusterAddress): string {
  const root = `${servers.map(bracketed).join(',')}:${volume}`;
  return directory === '' ? root : `${root}/${directory}`;
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
