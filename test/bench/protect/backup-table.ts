import type { Report } from '../report.ts';
import type { FloorRound } from './backup-floor.ts';
import { medianOf, type Run, sum } from './run-cost.ts';

export interface Round extends FloorRound {
  readonly ours: Run;
}

/** Backups of one kind. */
export interface Rounds {
  readonly name: string;
  readonly all: readonly Round[];
  /** Whether the manifest needs a restic of its own, because it takes longer than a start of restic. */
  readonly startsTwice: boolean;
}

export function printBackups(report: Report, size: string, kinds: readonly Rounds[]): void {
  report.line(`\n### A backup of ${size} to a directory\n`);
  report.line('| what | by the clock | ratio | processor | ratio | stored |');
  report.line('|---|---|---|---|---|---|');
  for (const kind of kinds) printRounds(report, kind);
  const [first, second] = kinds.map(({ all }) => medianOf(all.map(({ ours }) => ours)).seconds);
  if (first === undefined || second === undefined) return;
  report.line(`\nHoldfast's second backup takes 1/${(first / second).toFixed(1)} of its first.`);
}

function printRounds(report: Report, { name, all, startsTwice }: Rounds): void {
  const of = (pick: (round: Round) => Run) => medianOf(all.map(pick));
  const floor = of(({ alone }) => alone);
  const row = (what: string, { seconds, work, sent }: Run) => {
    const [clock, processor] = [seconds / floor.seconds, work / floor.work].map((one) => one.toFixed(2));
    const stored = `${(sent / 2 ** 20).toFixed(1)} MiB`;
    report.line(
      `| ${what} | ${seconds.toFixed(2)} s | ${clock} | ${work.toFixed(2)} s | ${processor} | ${stored} |`,
    );
  };
  row(`${name}: restic alone, over a mounted snapshot`, floor);
  row(
    'making, mounting and deleting the snapshot by hand',
    of(({ snapshot }) => snapshot),
  );
  row(
    'a start of restic, for one small file',
    of(({ started }) => started),
  );
  row(
    startsTwice ? 'these three together' : 'the first two together',
    of(({ alone, snapshot, started }) => sum(startsTwice ? [alone, snapshot, started] : [alone, snapshot])),
  );
  row(
    '`openssl dgst -sha256` of the tree, out of memory',
    of(({ hashed }) => hashed),
  );
  row(
    'Holdfast',
    of(({ ours }) => ours),
  );
}
