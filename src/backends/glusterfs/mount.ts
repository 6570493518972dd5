import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { MountEntry } from '../../host/host.ts';
import { bracketed } from '../shared/network-share/server/name.ts';
import type { ShareMount, WantedMount } from '../shared/network-share/share.ts';
import { glusterfsMountOptions } from './mount-options.ts';

/** One Gluster volume and the settings of its mounts. */
export interface GlusterfsMountParts {
  readonly driver: string;
  /** At least one. */
  readonly servers: readonly string[];
  readonly volume: string;
  readonly logLevel: string;
  readonly logDir: string;
  readonly mountOptions: readonly string[];
}

/** Options that the kernel's table shows. */
const shownOptions = ['noatime', 'nodev', 'noexec', 'nosuid'];

/** `gluster1:/gv0`, as mountinfo shows it if the first server answered; an IPv6 address has no brackets there. */
export function sourceOf({ servers, volume }: Pick<GlusterfsMountParts, 'servers' | 'volume'>): string {
  return `${servers[0]}:/${volume}`;
}

/** Arguments for mount.glusterfs(8). Throws `invalid` for a directory that it cannot mount. */
export function glusterfsMount(parts: GlusterfsMountParts, wanted: WantedMount): ShareMount {
  const { directory, access } = wanted;
  refuseUnspeakable(directory);
  return {
    type: 'glusterfs',
    source: directory === '' ? sourceOf(parts) : `${sourceOf(parts)}/${directory}`,
    options: [
      ...backupsOf(parts.servers),
      `log-level=${parts.logLevel}`,
      `log-file=${parts.logDir}/${logName(parts, directory)}`,
      ...glusterfsMountOptions.lay(parts.mountOptions, wanted.options),
      ...(access === 'read-only' ? ['ro'] : []),
    ],
  };
}

/** The same mount with only some of the servers; its source names the first of them. */
export function mountedFrom(servers: readonly string[], mount: ShareMount): ShareMount {
  const [first] = servers;
  if (first === undefined) return mount;
  const others = mount.options.filter((option) => !option.startsWith(backupOption));
  return {
    ...mount,
    source: `${first}${placeIn(mount.source)}`,
    options: [...backupsOf(servers), ...others],
  };
}

const backupOption = 'backup-volfile-servers=';

function backupsOf([, ...backups]: readonly string[]): readonly string[] {
  return backups.length === 0 ? [] : [`${backupOption}${backups.map(bracketed).join(':')}`];
}

/** ":/gv0/team-a" for "fd00::1:/gv0/team-a". */
function placeIn(source: string): string {
  return source.slice(source.lastIndexOf(':'));
}

/** How the entry differs from the request, in words that end with the way out; undefined if it is as requested, from any of the servers. */
export function glusterfsMismatch(
  servers: readonly string[],
  mount: ShareMount,
  entry: MountEntry,
): string | undefined {
  const found = `${entry.source} of type ${entry.type}`;
  const sources = servers.map((server) => `${server}${placeIn(mount.source)}`);
  const isOurs = entry.type === 'fuse.glusterfs' && sources.includes(entry.source) && entry.root === '/';
  if (!isOurs) return `the kernel shows ${found} there: unmount it, then retry`;
  const wanted = mount.options.includes('ro') ? 'ro' : 'rw';
  const missing = [wanted, ...shownOptions.filter((option) => mount.options.includes(option))].filter(
    (option) => !entry.options.includes(option),
  );
  if (missing.length === 0) return undefined;
  return `the kernel shows it without ${missing.join(', ')}: unmount it, then retry`;
}

/** mount.glusterfs is a shell script that splits words at spaces, expands patterns, and looks for the last colon. */
function refuseUnspeakable(directory: string): void {
  if (/^[\p{L}\p{N}\p{M}._@%+=~,/-]*$/u.test(directory)) return;
  throw new VolumeError(
    'invalid',
    `The directory ${quote(directory)} cannot be mounted by itself, because mount.glusterfs cannot handle its characters: leave out mountOptions and isolation=volume, or use letters, digits and "._@%+=~,-" in its name.`,
  );
}

/** The log of each mount; `~` replaces a slash, and `%` a character that the name cannot have. */
export function logName({ driver, volume }: GlusterfsMountParts, directory: string): string {
  const whole = directory === '' ? volume : `${volume}~${directory.replaceAll('/', '~')}`;
  const name = `${driver}-${whole}`.replaceAll(/[^A-Za-z0-9._~+-]/g, '%');
  return `holdfast-${name.slice(0, 200)}.log`;
}
