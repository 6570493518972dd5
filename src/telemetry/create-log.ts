import type { Writable } from 'node:stream';
import winston from 'winston';
import type { LogFormat } from '../config/configuration.ts';
import type { Log, LogLevel } from '../core/log.ts';
import { cleanFields } from './clean-fields.ts';
import { type Colours, jsonLine, type LoggedEvent, textLine } from './log-line.ts';

/** The output of the log: stderr, or stdout in a managed plugin. */
export interface LogOutput {
  readonly stream: Writable;
  readonly isTerminal: boolean;
  readonly noColor: boolean;
}

const levels: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** Bytes that may wait for a reader. Beyond that, lines are dropped. */
const mostWaiting = 1024 * 1024;

/**
 * Writes one line per event. Never throws, and survives a closed stream. While nobody reads, lines are buffered up to a
 * limit. Beyond it they are dropped, and an event gives their number once the stream flows again.
 */
export function createLog(
  settings: { readonly level: LogLevel; readonly format: LogFormat },
  output: LogOutput,
): Log {
  const line = lineFormat(settings.format, output);
  const limit = levels[settings.level];
  const stacks = settings.level === 'debug' ? 'with-stacks' : 'without-stacks';
  const { stream } = output;
  const logger = createLogger(settings.level, stream);
  let dropped = 0;
  // The reader of the log may go away. Volumes must keep working.
  stream.on('error', () => undefined);
  stream.on('drain', tellDropped);
  const enabled = (level: LogLevel): boolean => levels[level] <= limit;

  const log: Log = {
    enabled,
    write(level, event, fields = {}) {
      if (!enabled(level)) return;
      if (stream.writableLength >= mostWaiting) {
        dropped += 1;
        return;
      }
      tellDropped();
      const logged = { time: new Date(), level, event, fields: cleanFields(fields, stacks) };
      logger.log({ level, message: line(logged) });
    },
  };

  /** Logs at level `error`, which is never filtered out. */
  function tellDropped(): void {
    if (dropped === 0) return;
    const lines = dropped;
    dropped = 0;
    log.write('error', 'log-lines-dropped', { lines });
  }
  return log;
}

function lineFormat(format: LogFormat, output: LogOutput): (event: LoggedEvent) => string {
  const isText = format === 'text' || (format === 'auto' && output.isTerminal);
  if (!isText) return jsonLine;
  const colours: Colours = output.isTerminal && !output.noColor ? 'coloured' : 'plain';
  return (event) => textLine(event, colours);
}

function createLogger(level: LogLevel, stream: Writable): winston.Logger {
  return winston.createLogger({
    level,
    levels: { ...levels },
    format: winston.format.printf(({ message }) => String(message)),
    transports: [new winston.transports.Stream({ stream, eol: '\n' })],
    exitOnError: false,
  });
}
