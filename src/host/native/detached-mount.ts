import { closeSync, readSync } from 'node:fs';
import { hasCode, withCode } from '../system-error.ts';
import type { Callers, Library } from './callers.ts';
import type { RestrictedBind } from './restricted-bind.ts';

/** By number, which is the same on all architectures: the C library has functions for them only since 2.36. */
const fsopenNumber = 430;
const fsconfigNumber = 431;
const fsmountNumber = 432;
/** FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC. */
const closeOnExec = 1;
/** FSCONFIG_SET_FLAG, FSCONFIG_SET_STRING and FSCONFIG_CMD_CREATE of linux/mount.h. */
const [setFlag, setString, create] = [0, 1, 6];

/** What mount(2) takes as flags and text, as fsconfig(2) and fsmount(2) take it. */
export interface MountSettings {
  /** Names, and their values where they have any. */
  readonly parameters: readonly (readonly [string, string?])[];
  /** MOUNT_ATTR_… of linux/mount.h. */
  readonly attributes: number;
}

export interface DetachedMounts {
  /**
   * Whether a directory of a mount that is nowhere can be bound: since Linux 6.15, if no seccomp filter forbids one of the calls. Tried
   * once.
   */
  canDetach(): boolean;
  /**
   * On Node's thread pool: mounts a block device nowhere. Returns a descriptor of its root; closing it ends the mount. Errors have the
   * kernel's own words, where it has any.
   */
  mountDetached(device: string, type: string, settings: MountSettings): Promise<number>;
}

type Config = [number, number, number, string | null, string | null, number];

/** fsopen(2), fsconfig(2), fsmount(2). Only the second waits for the disk, where it makes the file system known to the kernel. */
export function detachedMounts(
  library: Library,
  { check, onPool }: Callers,
  { bindOpened }: RestrictedBind,
): DetachedMounts {
  const fsopen = library.func('syscall', 'long', ['long', 'str', 'uint']);
  const fsconfig = library.func('syscall', 'long', ['long', 'int', 'uint', 'str', 'str', 'int']);
  const fsmount = library.func('syscall', 'long', ['long', 'int', 'uint', 'uint']);
  const creating = (context: number): Config => [fsconfigNumber, context, create, null, null, 0];

  function configured(device: string, type: string, { parameters }: MountSettings): number {
    const context = check(fsopen(fsopenNumber, type, closeOnExec), 'fsopen', device);
    try {
      for (const [name, value] of [['source', device], ...parameters] as const) {
        const kind = value === undefined ? setFlag : setString;
        check(fsconfig(fsconfigNumber, context, kind, name, value ?? null, 0), 'mount', device);
      }
      return context;
    } catch (error) {
      const why = explained(context, device, error);
      closeSync(context);
      throw why;
    }
  }

  /** On an empty file system in memory, which nobody sees: all the calls, up to a move to nowhere. */
  function tryAll(): boolean {
    const context = configured('none', 'tmpfs', { parameters: [], attributes: 0 });
    try {
      check(fsconfig(...creating(context)), 'fsconfig', 'none');
      const mount = check(fsmount(fsmountNumber, context, closeOnExec, 0), 'fsmount', 'none');
      try {
        bindOpened(mount, '', 1);
        return false;
      } catch (error) {
        return hasCode(error, 'ENOENT');
      } finally {
        closeSync(mount);
      }
    } finally {
      closeSync(context);
    }
  }

  let known: boolean | undefined;
  return {
    canDetach() {
      if (known !== undefined) return known;
      try {
        known = tryAll();
      } catch {
        known = false;
      }
      return known;
    },
    async mountDetached(device, type, settings) {
      const context = configured(device, type, settings);
      try {
        await onPool(fsconfig, device, creating(context));
        return check(fsmount(fsmountNumber, context, closeOnExec, settings.attributes), 'mount', device);
      } catch (error) {
        throw explained(context, device, error);
      } finally {
        closeSync(context);
      }
    },
  };
}

/** With the kernel's own words in place of those for the error's number, if it has any. */
function explained(context: number, device: string, error: unknown): unknown {
  const words = wordsIn(context);
  if (words === '' || !(error instanceof Error) || !('code' in error)) return error;
  return withCode(`${error.code}`, `${error.code}: ${words}, mount '${device}'`);
}

/** Each read returns a message: its level (`e` for an error), a space, and its text. There are eight at most. */
function wordsIn(context: number): string {
  const messages: string[] = [];
  const bytes = Buffer.alloc(1024);
  try {
    while (messages.length < 8) messages.push(bytes.toString('utf8', 0, readSync(context, bytes)).trimEnd());
  } catch {
    // ENODATA: these were all.
  }
  return messages.flatMap((message) => (message.startsWith('e ') ? message.slice(2) : [])).join('; ');
}
