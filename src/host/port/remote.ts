import type { Files } from './files.ts';
import type { BindFlag, FileSystem } from './mounts.ts';

export interface RemoteManner {
  /** Milliseconds after the last call until the process ends; one minute by default. */
  readonly idle?: number;
  /** `low`: other processes of this host come first. */
  readonly priority?: 'low';
}

/**
 * Calls on a storage server or a disk that may stop answering. A helper process makes them, so that neither this process nor its
 * thread pool ever waits for the server. Eight run at a time; others are queued. If a call gets no answer for 45 s, the helper
 * process is killed, and all running and queued calls reject with ETIMEDOUT; what they did is unknown, as after a crash. Until the
 * killed process has ended (the kernel waits for the server), no other is started, and calls reject with ETIMEDOUT at once. If the
 * process exits by itself, running calls reject with EREMOTEIO, and the next call starts another process. `removeTree`, `copy`, `copyInUse`, `count`,
 * `mountDisk` and `unmount` are not queued, and may take as long as their signal permits.
 */
export interface Remote {
  /**
   * Resolves once calls can be made. On a busy host the process takes seconds to start; the timeout of a call begins after that.
   * Rejects with EREMOTEIO if the process does not start, and with ETIMEDOUT while one that got no answer has not ended.
   */
  ready(): Promise<void>;
  readonly files: RemoteFiles;
  /**
   * Begins at once, and waits for none of the calls that are under way or queued. So if it gets no answer,
   * it is the server that does not answer.
   */
  readonly looks: Pick<RemoteFiles, 'space' | 'facts'>;
  /** As `Mounts.bind`; the source is on the server, the target is a local mountpoint. */
  bind(source: string, target: string, flags: readonly BindFlag[]): Promise<void>;
  /** As `Mounts.mountDisk`. */
  mountDisk(device: string, target: string, fileSystem: FileSystem, signal: AbortSignal): Promise<void>;
  /** As `Mounts.unmount`. */
  unmount(target: string, signal: AbortSignal): Promise<void>;
}

export type RemoteFiles = Omit<
  Files,
  'holding' | 'openLog' | 'makePrivateDirectory' | 'makeMountpoint' | 'removeIfEmpty'
>;
