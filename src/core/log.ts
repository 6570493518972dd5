export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where events go. One event per thing that happened, with fields; `enabled` spares building those nobody reads. */
export interface Log {
  enabled(level: LogLevel): boolean;
  write(level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>): void;
}

export const silentLog: Log = { enabled: () => false, write: () => undefined };
