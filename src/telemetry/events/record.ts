import * as z from 'zod/mini';
import { once } from '../../core/once.ts';
import { printable } from '../../core/printable.ts';
import { redactText } from '../../core/redact.ts';
import { errorCodes } from '../../core/volume-error.ts';
import type { VolumeEvent } from '../../core/volume-event.ts';

/** Longest message that is kept, in characters. */
const longestMessage = 2000;
/** Longest line that is read, in characters: a longer one was not written by Holdfast. */
const longestLine = 4 * longestMessage;

const schema = once((): z.ZodMiniType<VolumeEvent> => {
  const word = z.string().check(z.maxLength(300));
  return z.object({
    id: word,
    time: z.iso.datetime(),
    what: word,
    driver: word,
    volume: z.exactOptional(word),
    outcome: z.enum(['ok', ...errorCodes]),
    asker: z.object({
      door: z.enum(['plugin', 'csi', 'admin', 'daemon']),
      process: z.exactOptional(z.object({ pid: z.int(), uid: z.int(), command: z.exactOptional(word) })),
    }),
    ms: z.exactOptional(z.number()),
    message: z.exactOptional(z.string()),
    repeated: z.exactOptional(z.int()),
  });
});

/** One line, without secrets and terminal control sequences. */
export function eventLine(event: VolumeEvent): string {
  const { message } = event;
  const kept = message === undefined ? {} : { message: redactText(cut(message)) };
  return printable(JSON.stringify({ ...event, ...kept }));
}

function cut(text: string): string {
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage)}...`;
}

/** Undefined if the line is not an event: a crash cut it off, or somebody else wrote it. */
export function parseEvent(line: string): VolumeEvent | undefined {
  if (line === '' || line.length > longestLine) return undefined;
  try {
    return schema().parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
