/** O_PATH: opens the name without the content. Node has no constant for it; the value is the same on all of Node's architectures. */
export const pathOnly = 0o10000000;

/** A path that means this open file, for this process. */
export function heldPath(fd: number): string {
  return `/proc/self/fd/${fd}`;
}
