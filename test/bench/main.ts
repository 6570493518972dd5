import { benchCsi } from './csi/bench.ts';
import { benchCurves } from './curves/bench.ts';
import { plotRun } from './curves/plot.ts';
import { benchEbs } from './ebs/bench.ts';
import { benchGlusterfs } from './glusterfs.ts';
import { benchLocal } from './local/bench.ts';
import { benchEndurance } from './local/endurance.ts';
import { benchMesos } from './mesos.ts';
import { benchMetrics } from './metrics.ts';
import { benchNfs } from './nfs.ts';
import { benchBackup, benchProtect } from './protect/bench.ts';
import { benchBtrfs } from './protect/subvolumes.ts';
import { compareRuns } from './results/compare-runs.ts';
import { benchScale } from './scale/many-hosts.ts';
import { benchSlowDisk } from './slow-disk/bench.ts';
import { benchStart } from './start.ts';
import { inWorkshop } from './workshop.ts';

/**
 * `npm run bench [-- PART...]`: prints the figures of docs/performance.md, each beside a floor of the same run, and keeps them in
 * build/bench-TIME.json. Needs root. `npm run bench -- compare A B` compares two such files,
 * and `npm run bench -- plot FILE` draws the curves of one.
 */
const parts = new Map([
  ['local', benchLocal],
  ['endurance', benchEndurance],
  ['slow-disk', benchSlowDisk],
  ['curves', benchCurves],
  ['start', benchStart],
  ['ebs', benchEbs],
  ['glusterfs', benchGlusterfs],
  ['nfs', benchNfs],
  ['mesos', benchMesos],
  ['metrics', benchMetrics],
  ['csi', benchCsi],
  ['scale', benchScale],
  ['protect', benchProtect],
  ['btrfs', benchBtrfs],
  ['backup', benchBackup],
]);

const words = process.argv.slice(2);
if (words[0] === 'compare') {
  compareRuns(words.slice(1), (line) => process.stdout.write(`${line}\n`));
  process.exit();
}
if (words[0] === 'plot') {
  plotRun(words[1] ?? '');
  process.exit();
}
const unknown = words.find((word) => !parts.has(word));
if (unknown !== undefined) throw new Error(`There is no part ${unknown}: ${[...parts.keys()].join(', ')}.`);
const wanted = words.length > 0 ? words : ['local'];

await inWorkshop(async (workshop) => {
  for (const [name, bench] of parts) if (wanted.includes(name)) await bench(workshop);
  const left = [...parts.keys()].filter((name) => !wanted.includes(name));
  if (left.length > 0)
    workshop.report.line(`\nNot run: ${left.map((name) => `npm run bench -- ${name}`).join(', ')}.`);
});
