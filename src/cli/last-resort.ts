import type { Log } from '../core/log.ts';

/** The part of `process` that emits Node's warnings. */
export interface WarningSource {
  removeAllListeners(event: 'warning'): unknown;
  on(event: 'warning', handle: (warning: Error & { readonly code?: string }) => void): unknown;
}

/** Writes warnings of Node and of libraries to the log instead of stderr. */
export function logWarnings(source: WarningSource, log: Log): void {
  source.removeAllListeners('warning');
  source.on('warning', ({ name, code, message }) =>
    log.write('warn', 'node-warning', { name, ...(code === undefined ? {} : { code }), message }),
  );
}

/** The part of `process` that emits uncaught errors. */
export interface UncaughtSource {
  on(event: 'uncaughtException' | 'unhandledRejection', handle: (thrown: unknown) => void): unknown;
}

/**
 * Logs uncaught errors. An unhandled rejection affects one request: the daemon continues. After an uncaught exception the
 * state is unknown: the process exits, and recovery at the next start repairs what is needed.
 */
export function installLastResort(source: UncaughtSource, log: Log, exit: (code: 1) => unknown): void {
  source.on('unhandledRejection', (error) => log.write('error', 'unhandled-rejection', { error }));
  source.on('uncaughtException', (error) => {
    log.write('error', 'uncaught-exception', { error });
    exit(1);
  });
}
