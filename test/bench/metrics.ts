import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseVolumeName } from '../../src/core/names.ts';
import type { Readings } from '../../src/telemetry/metrics/catalogue.ts';
import { createCounts } from '../../src/telemetry/metrics/counts.ts';
import { driverReadings, type ReadVolume } from '../../src/telemetry/metrics/driver-readings.ts';
import { expose } from '../../src/telemetry/metrics/expose.ts';
import type { Workshop } from './workshop.ts';

const volumes = 1000;
/** Milliseconds that a scrape of them may take. */
const target = 50;
/** Scrapes before those that count, and those. */
const [warmUp, times] = [20, 100];

/** A scrape of a thousand volumes, each with all its figures, and of all calls with all their outcomes. */
export async function benchMetrics({ report }: Workshop): Promise<void> {
  const counts = createCounts(() => performance.now());
  const asker = { door: 'plugin' } as const;
  for (const driver of ['gold', 'shared', 'ebs'])
    for (const verb of ['create', 'remove', 'mount', 'unmount', 'get'] as const)
      for (const outcome of ['ok', 'in-use', 'unavailable', 'timeout', 'failed'] as const)
        counts.call({ verb, driver, asker, outcome, ms: 3 });
  const views = Array.from({ length: volumes }, (_, index) => view(index));
  const inUse = new Set(views.map(({ mountpoint = '' }) => mountpoint));
  const status = () => ({
    trashBytes: 1e9,
    catalogAge: 1000,
    health: { server: 'nfs.example', state: 'ok' },
  });
  const drivers = [{ name: 'gold', views: () => views, status }];
  const scrape = () => expose(new Map([...counts.readings(), ...driverReadings(drivers, inUse)]));

  const began = performance.now();
  const { text } = await scrape();
  const first = performance.now() - began;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let before = process.cpuUsage();
  const walls: number[] = [];
  for (let index = 0; index < warmUp + times; index += 1) {
    if (index === warmUp) {
      delay.enable();
      before = process.cpuUsage();
    }
    const started = performance.now();
    await scrape();
    if (index >= warmUp) walls.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { user, system } = process.cpuUsage(before);
  const processor = (user + system) / 1000 / times;
  const [fastest, half, late] = [shareOf(walls, 0), shareOf(walls, 0.5), shareOf(walls, 0.99)];
  const stretch = await longestStretch(() => driverReadings(drivers, inUse), counts.readings());
  report.line(`\n### A scrape of ${volumes.toLocaleString('en')} volumes\n`);
  report.line('| what | figure |');
  report.line('|---|---|');
  report.line(
    `| a scrape by the clock: the fastest, p50, p99 | ${shown(fastest)}, ${shown(half)}, ${shown(late)} |`,
  );
  report.line(`| its processor time | ${shown(processor)} |`);
  report.line(
    `| p50 by the clock ÷ processor time: 1 on a machine without other work | ${(half / processor).toFixed(1)} |`,
  );
  report.line(
    `| its longest stretch without a turn for others, in processor time | ${stretch.toFixed(1)} ms |`,
  );
  report.line(`| the longest that other work waited | ${(delay.max / 1e6).toFixed(1)} ms |`);
  report.line(`| the first one, which loads prom-client from its many files | ${first.toFixed(0)} ms |`);
  report.line(`| its text | ${text.split('\n').length} lines, ${Math.round(text.length / 1024)} KiB |`);
  report.line(`| at most ${target} ms by the clock (p50) | ${verdict(half, processor)} |`);
}

/**
 * The longest stretch in which no other work gets a turn: turns come after the readings, and after each metric.
 * In milliseconds of processor time, which a busy machine hardly changes.
 */
async function longestStretch(read: () => Readings, counted: Readings): Promise<number> {
  const times = 30;
  const cost = async (work: () => unknown): Promise<number> => {
    const before = process.cpuUsage();
    for (let time = 0; time < times; time += 1) await work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / times;
  };
  const costs = [await cost(read)];
  const nothing = await cost(() => expose(new Map()));
  for (const [name, samples] of [...read(), ...counted])
    costs.push((await cost(() => expose(new Map([[name, samples]])))) - nothing);
  return Math.max(...costs);
}

/** Other work of the machine does not count as the time of a scrape. */
function verdict(half: number, processor: number): string {
  if (half <= target) return 'yes';
  return processor <= target ? 'no, because of other work on this machine: repeat it on a quiet one' : 'no';
}

function shareOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function shown(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}

function view(index: number): ReadVolume {
  const name = parseVolumeName(`volume-${index}`);
  return {
    volume: { name, id: `${index}`, options: {}, given: {}, createdAt: '2026-01-01T00:00:00Z' },
    mountpoint: `/var/lib/holdfast/mnt/gold/${name}`,
    holders: [index],
    catalogAge: 1000,
    health: { server: 'nfs.example', state: 'ok' },
    usage: {
      of: 'volume',
      usedBytes: index * 1e6,
      sizeBytes: 1e10,
      usedInodes: index,
      inodes: 1e6,
      measuredAt: 0,
    },
  };
}
