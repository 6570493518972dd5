import type { Log } from '../core/log.ts';

/** The part of `process` that tells of Node's warnings. */
export interface WarningSource {
  removeAllListeners(event: 'warning'): unknown;
  on(event: 'warning', handle: (warning: Error & { readonly code?: string }) => void): unknown;
}

/** What Node and libraries warn of goes to the log, in place of Node's own lines on stderr. */
export function logWarnings(source: WarningSource, log: Log): void {
  source.removeAllListeners('warning');
  source.on('warning', ({ name, code, message }) =>
    log.write('warn', 'node-warning', { name, ...(code === undefined ? {} : { code }), message }),
  );
}

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
