import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { MountEntry } from '../../host/host.ts';
import { bracketed } from '../shared/share/server-name.ts';
import type { ShareMount, WantedMount } from '../shared/share/share.ts';
import { glusterfsMountOptions } from './mount-options.ts';

/** One Gluster volume, and how its clients are mounted. */
export interface GlusterfsMountParts {
  readonly driver: string;
  /** At least one. */
  readonly servers: readonly string[];
  readonly volume: string;
  readonly logLevel: string;
  readonly logDir: string;
  readonly mountOptions: readonly string[];
}

/** Those that the kernel's table shows. */
const shownOptions = ['noatime', 'nodev', 'noexec', 'nosuid'];

/** `gluster1:/gv0`, as mountinfo shows it, whichever server answered; an IPv6 address has no brackets there. */
export function sourceOf({ servers, volume }: Pick<GlusterfsMountParts, 'servers' | 'volume'>): string {
  return `${servers[0]}:/${volume}`;
}

/** Arguments for mount.glusterfs(8). Throws `invalid` for a directory that it cannot take. */
export function glusterfsMount(parts: GlusterfsMountParts, wanted: WantedMount): ShareMount {
  const { directory, access } = wanted;
  refuseUnspeakable(directory);
  const backups = parts.servers.slice(1).map(bracketed);
  return {
    type: 'glusterfs',
    source: directory === '' ? sourceOf(parts) : `${sourceOf(parts)}/${directory}`,
    options: [
      ...(backups.length === 0 ? [] : [`backup-volfile-servers=${backups.join(':')}`]),
      `log-level=${parts.logLevel}`,
      `log-file=${parts.logDir}/${logName(parts, directory)}`,
      ...glusterfsMountOptions.lay(parts.mountOptions, wanted.options),
      ...(access === 'read-only' ? ['ro'] : []),
    ],
  };
}

/** In words that end with the way out; undefined when the entry is what was asked for. */
export function glusterfsMismatch(mount: ShareMount, entry: MountEntry): string | undefined {
  const found = `${entry.source} of type ${entry.type}`;
  const isOurs = entry.type === 'fuse.glusterfs' && entry.source === mount.source && entry.root === '/';
  if (!isOurs) return `the kernel shows ${found} there: unmount it, then repeat`;
  const wanted = mount.options.includes('ro') ? 'ro' : 'rw';
  const missing = [wanted, ...shownOptions.filter((option) => mount.options.includes(option))].filter(
    (option) => !entry.options.includes(option),
  );
  if (missing.length === 0) return undefined;
  return `the kernel shows it without ${missing.join(', ')}: unmount it, then repeat`;
}

/** mount.glusterfs is a shell script that takes words apart at blanks, expands patterns, and looks for the last colon. */
function refuseUnspeakable(directory: string): void {
  if (/^[\p{L}\p{N}\p{M}._@%+=~,/-]*$/u.test(directory)) return;
  throw new VolumeError(
    'invalid',
    `The directory ${quote(directory)} cannot be mounted by itself, because mount.glusterfs takes no such characters: leave out mountOptions and isolation=volume, or use letters, digits and "._@%+=~,-" in its name.`,
  );
}

/** A log for each mount; `~` stands for a slash, and what a log's name cannot have for a `%`. */
function logName({ driver, volume }: GlusterfsMountParts, directory: string): string {
  const whole = directory === '' ? volume : `${volume}~${directory.replaceAll('/', '~')}`;
  const name = `${driver}-${whole}`.replaceAll(/[^A-Za-z0-9._~+-]/g, '%');
  return `holdfast-${name.slice(0, 200)}.log`;
}
