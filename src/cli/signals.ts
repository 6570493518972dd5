import type { Log } from '../core/log.ts';

/** Signals for a clean stop: from the terminal (Ctrl-C, Ctrl-\), a service manager, or a UPS on power failure. */
export const stopSignals = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGPWR'] as const;
/** From a terminal that goes away, it stops the daemon; to a daemon without one, it says that the configuration has changed. */
export const hangUp = 'SIGHUP';
export type StopSignal = (typeof stopSignals)[number] | typeof hangUp;

/**
 * Their default action ends the process, stops it (Ctrl-Z; a stopped daemon blocks its engine), or opens Node's debugger
 * to every user of this host (SIGUSR1).
 */
export const ignoredSignals = ['SIGUSR1', 'SIGUSR2', 'SIGTSTP', 'SIGALRM', 'SIGVTALRM', 'SIGIO'] as const;

/** The part of `process` that emits signals. */
export interface SignalSource {
  on(signal: NodeJS.Signals, handle: () => void): unknown;
}

/** Makes the process log these signals and go on. */
export function ignoreSignals(source: SignalSource, log: Log): void {
  for (const signal of ignoredSignals)
    source.on(signal, () => log.write('warn', 'signal-ignored', { signal }));
}
