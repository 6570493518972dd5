import { cpus } from 'node:os';
import type { Figure } from './compare.ts';

/** Prints the figures as Markdown, ready for docs/performance.md. */
export interface Report {
  heading(text: string): void;
  comparison(figures: readonly Figure[]): void;
  line(text: string): void;
}

export function createReport(print: (line: string) => void): Report {
  print(`Node ${process.version}, ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}`);
  return {
    heading(text) {
      print(`\n### ${text}\n`);
      print('| what | p50 | p99 | per second | p50 as a ratio to the floor |');
      print('|---|---|---|---|---|');
    },
    comparison(figures) {
      for (const [index, { name, timing, ratio }] of figures.entries()) {
        const { p50, p99, rate } = timing;
        const shownRatio =
          index === 0
            ? 'the floor'
            : `${ratio.toFixed(ratio < 0.1 ? 3 : 2)}${ratio < 1 ? ` (${(1 / ratio).toFixed(1)} × faster)` : ''}`;
        print(`| ${name} | ${shown(p50)} | ${shown(p99)} | ${Math.round(rate)} | ${shownRatio} |`);
      }
    },
    line: print,
  };
}

function shown(microseconds: number): string {
  if (microseconds < 1000) return `${microseconds.toFixed(microseconds < 100 ? 1 : 0)} µs`;
  return `${(microseconds / 1000).toFixed(2)} ms`;
}
