import { readdir, readFile } from 'node:fs/promises';
import type { IntervalHistogram } from 'node:perf_hooks';
import type { MetricName, Readings, Sample } from './catalogue.ts';

/** Milliseconds between two measurements of the event loop's delay. */
const resolution = 20;

/** Reads the state of this process. The event loop is watched after the first reading, so that this costs nothing if nobody asks. */
export function createProcessReadings(): () => Promise<Readings> {
  let delay: IntervalHistogram | undefined;
  return async () => {
    const late = delay === undefined ? undefined : Math.max(0, delay.max / 1e9 - resolution / 1000);
    if (delay === undefined) {
      const { monitorEventLoopDelay } = await import('node:perf_hooks');
      delay = monitorEventLoopDelay({ resolution });
      delay.enable();
    }
    delay.reset();
    const { user, system } = process.cpuUsage();
    const values: readonly (readonly [MetricName, number | undefined])[] = [
      ['holdfast_event_loop_lag_seconds', late],
      ['process_resident_memory_bytes', process.memoryUsage.rss()],
      ['process_open_fds', await openDescriptors()],
      ['process_max_fds', await mostDescriptors()],
      ['process_start_time_seconds', performance.timeOrigin / 1000],
      ['process_cpu_seconds_total', (user + system) / 1e6],
    ];
    return new Map(values.map(([name, value]) => [name, value === undefined ? [] : [sample(value)]]));
  };
}

function sample(value: number): Sample {
  return { labels: {}, value };
}

/** Does not count the descriptor that the reading itself opens. */
async function openDescriptors(): Promise<number | undefined> {
  const names = await readdir('/proc/self/fd').catch(() => undefined);
  return names && names.length - 1;
}

async function mostDescriptors(): Promise<number | undefined> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}
