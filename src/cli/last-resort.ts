import type { Log } from '../core/log.ts';

/** The part of `process` that tells of what nobody caught. */
export interface UncaughtSource {
  on(event: 'uncaughtException' | 'unhandledRejection', handle: (thrown: unknown) => void): unknown;
}

/**
 * What nobody caught is logged. A rejection is one request's trouble: the daemon goes on. After an exception nothing is
 * sure any more: it ends, and recovery at the next start puts things right.
 */
export function installLastResort(source: UncaughtSource, log: Log, exit: (code: 1) => void): void {
  source.on('unhandledRejection', (error) => log.write('error', 'unhandled-rejection', { error }));
  source.on('uncaughtException', (error) => {
    log.write('error', 'uncaught-exception', { error });
    exit(1);
  });
}
