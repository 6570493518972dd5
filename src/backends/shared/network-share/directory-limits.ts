import type { FilesBelow, Host } from '../../../host/host.ts';

/** Limits of directories on a share, which its servers enforce. The directories are below its base mount. */
export interface DirectoryLimits {
  /** Throws `unavailable` unless it is proven, now or a moment ago, that they are enforced. `doing` begins the message. */
  require(doing: string, signal: AbortSignal): Promise<void>;
  /**
   * Makes it the directory's limit; throws as `require`. Only looks if it is its limit already, and then says `kept`. If it could also be
   * the limit of a directory above, it is set each time.
   */
  provide(limited: LimitedDirectory, doing: string, signal: AbortSignal): Promise<'made' | 'kept'>;
  /** The bytes that count towards this limit of the directory; undefined if it has another one, or none. */
  used(limited: LimitedDirectory): Promise<number | undefined>;
}

export interface LimitedDirectory {
  readonly directory: string;
  readonly bytes: number;
}

/** The share as limits need it: mounted at `base.path`. */
export interface LimitedShare {
  readonly host: Host;
  readonly files: FilesBelow;
  readonly base: { readonly path: string };
}
