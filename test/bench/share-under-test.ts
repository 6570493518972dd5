import { run } from './floors.ts';

/** A share of the lab, and the way to mount it without Holdfast. */
export interface ShareUnderTest {
  readonly type: 'glusterfs' | 'nfs';
  /** Its entry below `drivers` in the configuration. */
  readonly driver: object;
  /** The options of one `mount`, and the source of one directory; empty for the share's root. */
  readonly options: string;
  source(directory: string): string;
  /** The same mount by mount(2); absent if it needs a client process. */
  readonly kernel?: { readonly type: string; readonly data: string };
  /** The processes that serve mounts below a folder; absent if the kernel serves them. */
  readonly clients?: (folder: string) => Promise<readonly number[]>;
}

/** Spawns mount(8), like plugins with one mount per volume do. */
export function mountPlainly(share: ShareUnderTest, directory: string, target: string): Promise<void> {
  return run('mount', '-t', share.type, '-o', share.options, share.source(directory), target);
}

export function unmountPlainly(target: string): Promise<void> {
  return run('umount', target);
}
