import type { MountEntry } from '../host.ts';
import { peerGroups } from '../mounts/table.ts';
import type { Namespace } from './namespace.ts';

/** Tells mounts that a namespace inherited, or received by propagation, from mounts that were made there on purpose. */
export interface Copies {
  /** Whether unmounting the original, one of our own mounts, unmounts this one as well (mount_namespaces(7)). */
  isHeard(entry: MountEntry, among: Namespace, original: MountEntry): boolean;
  /**
   * Whether it is a copy of any of our own mounts: it is unmounted with the original, or its namespace started as a copy of ours
   * or the host's and was then cut off (`unshare --mount`).
   */
  isCopy(entry: MountEntry, among: Namespace): boolean;
}

/** The path alone is not enough: a container may have a volume at the same path as our mountpoint. */
export function createCopies(own: Namespace, others: readonly Namespace[]): Copies {
  const doubled = new Set(own.entries.filter((entry) => isStackedOnItself(entry, own)).map(sameness));
  const originals = bySame(
    own.entries.filter((entry) => !doubled.has(sameness(entry)) || !isOnItself(entry, own)),
  );
  const host = others.find(({ pid }) => pid === 1);
  const hears = createHearing([own, ...others]);
  const hearsAsParent = remembered(hears);

  function isHeard(entry: MountEntry, among: Namespace, original: MountEntry): boolean {
    const place = among.placeOf(entry);
    if (entry.root !== original.root || place === undefined || place !== own.placeOf(original)) return false;
    const [parent, ownParent] = [among.parentOf(entry), own.parentOf(original)];
    if (!parent || !ownParent || !hearsAsParent(parent, ownParent) || !hears(entry, original)) return false;
    // The kernel does not unmount a copy that has other mounts in it.
    return !among.hasMountsWithin(entry);
  }

  const isHeardOfAny = (entry: MountEntry, among: Namespace) =>
    originals.get(sameness(entry))?.some((original) => isHeard(entry, among, original)) ?? false;

  function isCutOff(entry: MountEntry, among: Namespace): boolean {
    const path = among.pathOf(entry);
    if (originals.get(sameness(entry))?.some((original) => own.pathOf(original) === path)) return true;
    if (host === undefined || host === among) return false;
    const theirs = host.entries.filter((other) => sameness(other) === sameness(entry));
    return theirs.some((other) => host.pathOf(other) === path && isHeardOfAny(other, host));
  }

  return { isHeard, isCopy: (entry, among) => isHeardOfAny(entry, among) || isCutOff(entry, among) };
}

/** Whether mount events of the source reach the listener: as a peer, or as a slave over any number of groups. */
function createHearing(
  namespaces: readonly Namespace[],
): (listener: MountEntry, source: MountEntry) => boolean {
  let masters: ReadonlyMap<string, readonly string[]> | undefined;
  const known = new Map<MountEntry, readonly string[]>();
  const sharedGroups = (entry: MountEntry) => {
    const groups = known.get(entry) ?? peerGroups(entry, ['shared']);
    known.set(entry, groups);
    return groups;
  };
  return (listener, source) => {
    const sources = sharedGroups(source);
    const heard = peerGroups(listener, ['shared', ...upstream]);
    if (heard.some((group) => sources.includes(group))) return true;
    const groups = new Set(heard);
    for (const group of groups) {
      if (sources.includes(group)) return true;
      masters ??= mastersOf(namespaces);
      for (const master of masters.get(group) ?? []) groups.add(master);
    }
    return false;
  };
}

/** Caches answers: all copies in a namespace have the same parent. */
function remembered(
  ask: (listener: MountEntry, source: MountEntry) => boolean,
): (listener: MountEntry, source: MountEntry) => boolean {
  const answers = new Map<string, boolean>();
  return (listener, source) => {
    const pair = `${listener.mountId} ${source.mountId}`;
    const answer = answers.get(pair) ?? ask(listener, source);
    answers.set(pair, answer);
    return answer;
  };
}

const upstream = ['master', 'propagate_from'] as const;

/** For each peer group, the groups that it receives events from. All mounts of a group have the same ones. */
function mastersOf(namespaces: readonly Namespace[]): ReadonlyMap<string, readonly string[]> {
  const masters = new Map<string, readonly string[]>();
  for (const { entries } of namespaces) {
    for (const entry of entries) {
      if (entry.propagation.length < 2) continue;
      const found = peerGroups(entry, upstream);
      for (const group of peerGroups(entry, ['shared'])) {
        masters.set(group, [...(masters.get(group) ?? []), ...found]);
      }
    }
  }
  return masters;
}

/**
 * Whether it covers a mount of the same data. Holdfast does not make such mounts: this one was propagated from a peer of our mount
 * root, in whose namespace the volume was mounted at our mountpoint. Neither that mount nor any other propagated from it is a copy:
 * the same event reaches every place where the directory is visible.
 */
function isStackedOnItself(entry: MountEntry, own: Namespace): boolean {
  return own.parentOf(entry)?.mountpoint === entry.mountpoint && isOnItself(entry, own);
}

/** Whether a directory is mounted on itself. */
function isOnItself(entry: MountEntry, own: Namespace): boolean {
  return own.placeOf(entry) === sameness(entry);
}

function sameness({ device, root }: MountEntry): string {
  return `${device} ${root}`;
}

function bySame(entries: readonly MountEntry[]): ReadonlyMap<string, readonly MountEntry[]> {
  const found = new Map<string, MountEntry[]>();
  for (const entry of entries) {
    const key = sameness(entry);
    const same = found.get(key);
    if (same) same.push(entry);
    else found.set(key, [entry]);
  }
  return found;
}
