import { VolumeError } from './volume-error.ts';

interface MissingDevice {
  readonly path: string;
  /** The kernel's module that makes it. */
  readonly module: string;
  /** `closed`: it is there, but this process may not open it. */
  readonly state: 'missing' | 'closed';
  /** What the kernel said, if it was asked. */
  readonly words?: string;
  /** What needs no such device. */
  readonly instead?: string;
}

/** A device of the host that this process lacks: on the host its module is not loaded, in a container the host's devices are not given. */
export function missingDevice({ path, module, state, words, instead }: MissingDevice): VolumeError {
  const said = words === undefined ? '' : ` (${words})`;
  const happened = state === 'missing' ? 'is missing' : 'may not be opened';
  const onHost = state === 'missing' ? `load it with \`modprobe ${module}\`` : 'run Holdfast as root';
  const other = instead === undefined ? '' : `, or ${instead}`;
  return new VolumeError(
    'unavailable',
    `${path} ${happened}${said}: on the host, ${onHost}; a container needs /dev and all devices of the host, and a managed ` +
      `plugin the variant that asks for them${other}.`,
  );
}

/** A file system that the kernel neither has nor could load. */
export function missingFileSystem(type: string, module: string = type): VolumeError {
  return new VolumeError(
    'unavailable',
    `the kernel has no file system ${type}: load it with \`modprobe ${module}\` on the host, or boot a kernel that has it.`,
  );
}

/** Whether the text of /proc/filesystems has it; undefined if there is no text to judge by. */
export function hasFileSystem(table: string | undefined, type: string): boolean | undefined {
  return table?.split('\n').some((line) => line.split('\t').at(-1)?.trim() === type);
}
