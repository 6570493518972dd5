import { run } from './floors.ts';

/** A share of the lab, and how it is mounted without Holdfast. */
export interface ShareUnderTest {
  readonly type: 'glusterfs' | 'nfs';
  /** As the configuration has it below `drivers`. */
  readonly driver: object;
  /** The options of one `mount`, and the source of one directory; empty for the share's root. */
  readonly options: string;
  source(directory: string): string;
  /** The same mount by mount(2), where it takes no client process. */
  readonly kernel?: { readonly type: string; readonly data: string };
  /** The processes that serve mounts below a folder; absent where the kernel does. */
  readonly clients?: (folder: string) => Promise<readonly number[]>;
}

/** Spawned, as the plugins do it that have one mount per volume. */
export function mountPlainly(share: ShareUnderTest, directory: string, target: string): Promise<void> {
  return run('mount', '-t', share.type, '-o', share.options, share.source(directory), target);
}

export function unmountPlainly(target: string): Promise<void> {
  return run('umount', target);
}
