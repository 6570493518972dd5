import { readFileSync } from 'node:fs';
import { bytesBelow } from '../../lab/repositories/server.ts';
import { median } from '../measure.ts';

/** What some work on a repository took. */
export interface Run {
  readonly seconds: number;
  /** Seconds of processors, those of children included. */
  readonly work: number;
  /** Bytes that the repository gained. */
  readonly sent: number;
}

/** `stat`: that of the process which does the work, or whose children do it. */
export async function measured(repository: string, stat: string, work: () => Promise<void>): Promise<Run> {
  const [bytes, before, began] = [bytesBelow(repository), worked(stat), performance.now()];
  await work();
  return {
    seconds: (performance.now() - began) / 1000,
    work: worked(stat) - before,
    sent: bytesBelow(repository) - bytes,
  };
}

/** Seconds of processors that a process and its ended children had: see proc(5). */
function worked(stat: string): number {
  const text = readFileSync(stat, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

export function sum(runs: readonly Run[]): Run {
  const of = (what: keyof Run) => runs.reduce((all, run) => all + run[what], 0);
  return { seconds: of('seconds'), work: of('work'), sent: of('sent') };
}

export function medianOf(runs: readonly Run[]): Run {
  const of = (what: keyof Run) => median(runs.map((run) => run[what]));
  return { seconds: of('seconds'), work: of('work'), sent: of('sent') };
}
