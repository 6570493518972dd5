import type { BindFlag, FileSystem } from '../host.ts';
import type { MountSettings } from '../native/detached-mount.ts';

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
const attributes = { ro: 1, nosuid: 2, nodev: 4, noexec: 8 } as const;
const otherAttributes = { nodiratime: 0x80, nosymfollow: 0x200000 } as const;
/** The kernel takes one of them; `relatime` is 0. */
const [noAtimeAttribute, strictAtimeAttribute] = [0x10, 0x20];
/** Flags of mount(2) that are of the file system, by the names that fsconfig(2) has for them. */
const ofFileSystem = ['ro', 'sync', 'mand', 'dirsync', 'lazytime'];

export function attributesOf(wanted: readonly BindFlag[]): number {
  return wanted.reduce((sum, flag) => sum | attributes[flag], 0);
}

/** Options for fsconfig(2) and fsmount(2), which mean what `splitOptions` means to mount(2). `silent` is of mount(2) alone. */
export function mountSettings(fileSystem: FileSystem): MountSettings {
  const { flags: bits, data } = splitOptions(fileSystem);
  if (bits === 0 && data === '') return withoutOptions;
  const isSet = (name: string) => (bits & (flags[name] ?? 0)) !== 0;
  const own = data.split(',').filter((option) => option !== '' && !option.startsWith('='));
  return {
    parameters: [...ofFileSystem.filter(isSet), ...own].map((option) => {
      const [name = '', ...value] = option.split('=');
      return value.length > 0 ? [name, value.join('=')] : [name];
    }),
    attributes: Object.entries({ ...attributes, ...otherAttributes })
      .filter(([name]) => isSet(name))
      .reduce((sum, [, bit]) => sum | bit, atimeAttribute(isSet)),
  };
}

const withoutOptions: MountSettings = { parameters: [], attributes: 0 };

/** As mount(2) decides: `strictatime` is stronger. */
function atimeAttribute(isSet: (name: string) => boolean): number {
  if (isSet('strictatime')) return strictAtimeAttribute;
  return isSet('noatime') ? noAtimeAttribute : 0;
}

export function flagsOf(options: readonly string[]): number {
  return options.reduce((sum, option) => sum | (flags[option] ?? 0), 0);
}
