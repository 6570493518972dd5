import { cpus } from 'node:os';
import type { Timing } from './measure.ts';

/** Collects the figures and prints them as Markdown, ready for docs/performance.md. */
export interface Report {
  heading(text: string): void;
  /** `floor`: what the time is compared with. */
  timing(what: string, timing: Timing, floor?: { readonly name: string; readonly timing: Timing }): void;
  line(text: string): void;
}

export function createReport(print: (line: string) => void): Report {
  print(`Node ${process.version}, ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}`);
  return {
    heading(text) {
      print(`\n### ${text}\n`);
      print('| what | p50 | p99 | per second | ratio |');
      print('|---|---|---|---|---|');
    },
    timing(what, { p50, p99, rate }, floor) {
      const ratio = floor ? `${(p50 / floor.timing.p50).toFixed(2)} × ${floor.name}` : '1 (floor)';
      print(`| ${what} | ${shown(p50)} | ${shown(p99)} | ${Math.round(rate)} | ${ratio} |`);
    },
    line: print,
  };
}

function shown(microseconds: number): string {
  if (microseconds < 1000) return `${microseconds.toFixed(microseconds < 100 ? 1 : 0)} µs`;
  return `${(microseconds / 1000).toFixed(2)} ms`;
}
