import type { MountEntry } from '../host.ts';

/** The entries of a mountinfo file, in the order of the kernel's table. Malformed lines are skipped. */
export function parseMountTable(text: string): readonly MountEntry[] {
  const entries: MountEntry[] = [];
  for (const line of text.split('\n')) {
    const entry = parseLine(line);
    if (entry) entries.push(entry);
  }
  return entries;
}

/** The mounts below a directory, not on it. */
export function mountsBelow(entries: readonly MountEntry[], directory: string): readonly MountEntry[] {
  const prefix = directory === '/' ? '/' : `${directory}/`;
  return entries.filter(({ mountpoint }) => mountpoint !== '/' && mountpoint.startsWith(prefix));
}

/** The topmost mount on a path. */
export function topmostAt(entries: readonly MountEntry[], path: string): MountEntry | undefined {
  return entries.findLast((entry) => entry.mountpoint === path);
}

/** The mount that contains a path: the topmost on it, or on its nearest parent. */
export function mountHolding(entries: readonly MountEntry[], path: string): MountEntry | undefined {
  for (let at = path; ; at = parentOf(at)) {
    const entry = topmostAt(entries, at);
    if (entry || at === '/') return entry;
  }
}

/** The path's location within the mount's file system: the `root` that a bind of it would have. */
export function rootOf(mount: MountEntry, path: string): string {
  const within = mount.mountpoint === '/' ? path : path.slice(mount.mountpoint.length);
  return mount.root === '/' ? within || '/' : `${mount.root}${within === '/' ? '' : within}`;
}

/** Numbers of the peer groups that a mount belongs to (`shared`) or receives events from (`master`, `propagate_from`). */
export function peerGroups(entry: MountEntry, kinds: readonly string[]): readonly string[] {
  return entry.propagation
    .map((tag) => tag.split(':'))
    .flatMap(([kind, group]) => (kind && group && kinds.includes(kind) ? [group] : []));
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** Fields are separated by single spaces (proc(5)); the optional ones end at a single dash. */
function parseLine(line: string): MountEntry | undefined {
  const fields = line.split(' ');
  const separator = fields.indexOf('-', 6);
  const [id, parent, device, root, mountpoint, options] = fields;
  const [type, source, ...superOptions] = fields.slice(separator + 1);
  if (separator < 0 || !device || !root || !mountpoint || !options || !type || source === undefined) {
    return undefined;
  }
  const mounted = { type: unescapeField(type), source: unescapeField(source) };
  return {
    mountId: Number(id),
    parentId: Number(parent),
    device,
    root: nfsRoot(mounted) ?? unescapeField(root),
    mountpoint: unescapeField(mountpoint),
    options: options.split(','),
    propagation: separator === 6 ? [] : fields.slice(6, separator),
    ...mounted,
    superOptions: superOptions.join(' ').split(','),
  };
}

/**
 * For every mount of NFS, the kernel writes the root `/`, and the mounted directory into the source (nfs_show_path and nfs_show_devname
 * in fs/nfs/super.c): without this, all mounts of an export would look like the same directory.
 */
function nfsRoot({ type, source }: Pick<MountEntry, 'type' | 'source'>): string | undefined {
  if (!/^nfs4?$/.test(type)) return undefined;
  return /:(\/.*)$/s.exec(source)?.[1]?.replace(/(?<=.)\/+$/, '');
}

/** The kernel writes space, tab, newline, backslash and `#` as three octal digits. */
function unescapeField(field: string): string {
  if (!field.includes('\\')) return field;
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
