import winston from 'winston';
import type { LogFormat } from '../config/configuration.ts';
import type { Log, LogLevel } from '../core/log.ts';
import { cleanFields } from './clean-fields.ts';
import { type Colours, jsonLine, type LoggedEvent, textLine } from './log-line.ts';

/** What the daemon logs to: stderr, or stdout in a managed plugin. */
export interface LogOutput {
  readonly stream: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  readonly noColor: boolean;
}

const levels: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** One line per event. Never throws, and outlives a stream that is closed. */
export function createLog(
  settings: { readonly level: LogLevel; readonly format: LogFormat },
  output: LogOutput,
): Log {
  const line = lineFormat(settings.format, output);
  const limit = levels[settings.level];
  const stacks = settings.level === 'debug' ? 'with-stacks' : 'without-stacks';
  const logger = createLogger(settings.level, output.stream);
  // Whoever reads the log may go away: that is no reason for volumes to stop.
  output.stream.on('error', () => undefined);
  const enabled = (level: LogLevel): boolean => levels[level] <= limit;
  return {
    enabled,
    write(level, event, fields = {}) {
      if (!enabled(level)) return;
      const logged = { time: new Date(), level, event, fields: cleanFields(fields, stacks) };
      logger.log({ level, message: line(logged) });
    },
  };
}

function lineFormat(format: LogFormat, output: LogOutput): (event: LoggedEvent) => string {
  const isText = format === 'text' || (format === 'auto' && output.isTerminal);
  if (!isText) return jsonLine;
  const colours: Colours = output.isTerminal && !output.noColor ? 'coloured' : 'plain';
  return (event) => textLine(event, colours);
}

function createLogger(level: LogLevel, stream: NodeJS.WritableStream): winston.Logger {
  return winston.createLogger({
    level,
    levels: { ...levels },
    format: winston.format.printf(({ message }) => String(message)),
    transports: [new winston.transports.Stream({ stream, eol: '\n' })],
    exitOnError: false,
  });
}
