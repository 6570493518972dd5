import type { BindFlag, FileSystem } from '../host.ts';

/** Flags of mount(2), from linux/mount.h. */
const readOnlyFlag = 1;
export const bindFlag = 4096;
export const remountFlag = 32;
export const recursiveFlag = 16384;
export const privateFlag = 1 << 18;
export const sharedFlag = 1 << 20;
const strictAtime = 1 << 24;

const flags: Readonly<Record<string, number>> = {
  ro: readOnlyFlag,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  sync: 16,
  mand: 64,
  dirsync: 128,
  nosymfollow: 256,
  noatime: 1024,
  nodiratime: 2048,
  silent: 32768,
  relatime: 1 << 21,
  strictatime: strictAtime,
  lazytime: 1 << 25,
};

/** Options that name a default. */
const defaults: ReadonlySet<string> = new Set([
  'defaults',
  'rw',
  'suid',
  'dev',
  'exec',
  'async',
  'atime',
  'diratime',
]);

/** A mount's own options (as in mountinfo) that a remount of a bind must repeat, or they would be lost. */
const repeated = ['ro', 'nosuid', 'nodev', 'noexec', 'nosymfollow', 'noatime', 'nodiratime', 'relatime'];

/** Options for mount(2): some are flags, the others a string for the file system. */
export function splitOptions(fileSystem: FileSystem): { readonly flags: number; readonly data: string } {
  const start = fileSystem.access === 'read-only' ? readOnlyFlag : 0;
  const own = fileSystem.options.filter((option) => !defaults.has(option));
  const bits = own.reduce((sum, option) => sum | (flags[option] ?? 0), start);
  return { flags: bits, data: own.filter((option) => flags[option] === undefined).join(',') };
}

/** Options for mount(8). */
export function joinOptions(fileSystem: FileSystem): string {
  return [...fileSystem.options, fileSystem.access === 'read-only' ? 'ro' : 'rw'].join(',');
}

/** Options for remounting a bind with the wanted flags; `current` are the mount's options. */
export function boundOptions(wanted: readonly BindFlag[], current: readonly string[]): readonly string[] {
  const kept = repeated.filter((option) => current.includes(option));
  const hasAtime = kept.includes('noatime') || kept.includes('relatime');
  return [...new Set([...wanted, ...kept]), ...(hasAtime ? [] : ['strictatime'])];
}

/** MOUNT_ATTR_… of linux/mount.h. */
const attributes: Readonly<Record<BindFlag, number>> = { ro: 1, nosuid: 2, nodev: 4, noexec: 8 };

export function attributesOf(wanted: readonly BindFlag[]): number {
  return wanted.reduce((sum, flag) => sum | attributes[flag], 0);
}

export function flagsOf(options: readonly string[]): number {
  return options.reduce((sum, option) => sum | (flags[option] ?? 0), 0);
}
