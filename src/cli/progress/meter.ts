import { shownLines } from '../../core/shown.ts';
import { progressLine, progressSentence, type Told } from './line.ts';

/** Shows how far a call is. */
export interface Meter {
  show(told: Told): void;
  /** Leaves the place as it was before. */
  clear(): void;
}

export interface MeterParts {
  readonly err: NodeJS.WritableStream;
  /** The present width of the terminal at `err`; 0 if it does not know; undefined if there is none. */
  columns(): number | undefined;
  /** Calls `clear` before a signal ends the process. Returns what ends that. */
  beforeEnd?(clear: () => void): () => void;
}

/** Seconds between two lines that stay. */
const pace = 10;
/** Columns of a terminal that does not know its size, such as a serial line. */
const usual = 80;
/** Goes to the first column, and erases to the end of the line (ECMA-48). Nothing else is done to the terminal. */
const blank = '\r\u001b[K';

/** On a terminal, one line that changes; elsewhere a new line from time to time. */
export function createMeter({ err, columns, beforeEnd = () => () => undefined }: MeterParts): Meter {
  let endWatch: (() => void) | undefined;
  let said = Number.NEGATIVE_INFINITY;

  function clear(): void {
    if (endWatch === undefined) return;
    err.write(blank);
    endWatch();
    endWatch = undefined;
  }

  return {
    clear,
    show(told) {
      const width = columns();
      if (width === undefined) {
        // A log needs no line about a short wait.
        const isEarly = told.work === undefined && told.seconds < pace;
        if (isEarly || told.seconds - said < pace) return;
        said = told.seconds;
        err.write(`${shownLines(`holdfast: ${progressSentence(told)}`)}\n`);
        return;
      }
      endWatch ??= beforeEnd(clear);
      // The last column stays free: some terminals begin a new line after it.
      err.write(`\r${shownLines(progressLine(told, (width || usual) - 1))}\u001b[K`);
    },
  };
}
