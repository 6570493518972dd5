import { cpus } from 'node:os';
import type { Figure } from './compare.ts';
import type { Row } from './results/results.ts';

/** Prints the figures as Markdown, ready for docs/performance.md. */
export interface Report {
  /** The columns of a table of comparisons; `p95` for work that is too slow to be repeated a hundred times. */
  heading(text: string, tail?: Tail): void;
  comparison(figures: readonly Figure[], tail?: Tail): void;
  line(text: string): void;
  /** A row for the results alone. */
  keep(row: Row): void;
  /** Every comparison so far. */
  rows(): readonly Row[];
}

type Tail = 'p95' | 'p99';

export function createReport(print: (line: string) => void): Report {
  print(`Node ${process.version}, ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}`);
  const rows: Row[] = [];
  let table = '';
  return {
    heading(text, tail = 'p99') {
      table = text;
      print(`\n### ${text}\n`);
      print(`| what | p50 | ${tail} | per second | p50 as a ratio to the floor |`);
      print('|---|---|---|---|---|');
    },
    comparison(figures, tail = 'p99') {
      for (const [index, { name, timing, ratio, ratios }] of figures.entries()) {
        rows.push({ table, name, p50: timing.p50, p95: timing.p95, ratios: [...ratios] });
        const { p50, rate } = timing;
        const shownRatio = index === 0 ? 'the floor' : ratioInWords(ratio);
        print(`| ${name} | ${shown(p50)} | ${shown(timing[tail])} | ${Math.round(rate)} | ${shownRatio} |`);
      }
    },
    line: print,
    keep: (row) => void rows.push(row),
    rows: () => rows,
  };
}

function shown(microseconds: number): string {
  if (microseconds < 1000) return `${microseconds.toFixed(microseconds < 100 ? 1 : 0)} µs`;
  return `${(microseconds / 1000).toFixed(2)} ms`;
}

export function ratioInWords(ratio: number): string {
  return `${ratio.toFixed(ratio < 0.1 ? 3 : 2)}${ratio < 1 ? ` (${(1 / ratio).toFixed(1)} × faster)` : ''}`;
}
