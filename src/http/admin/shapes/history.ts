import * as z from 'zod/mini';
import { count, list, time } from './common.ts';

const figures = list(z.nullable(z.number())).check(z.describe('One per time; null where it is not known.'));

const latency = z
  .object({
    verb: z.string(),
    count: list(count).check(z.describe('Calls since the time before.')),
    p50: figures.check(z.describe('Milliseconds that half of them took at most; null without a call.')),
    p95: figures.check(z.describe('The same of 95 in 100.')),
  })
  .register(z.globalRegistry, { id: 'LatencyHistory', description: 'The calls of all drivers, by verb.' });
const fullness = z
  .object({
    driver: z.string(),
    of: z.enum(['volume', 'share', 'root']),
    volume: z.exactOptional(z.string()).check(z.describe('Absent for a file system that volumes share.')),
    place: z.exactOptional(z.string()).check(z.describe('Where that file system is.')),
    percent: figures,
  })
  .register(z.globalRegistry, {
    id: 'FullnessHistory',
    description: 'Per cent of the bytes or the inodes, whichever is fuller.',
  });
export const history = z
  .object({
    times: list(time).check(
      z.describe('Every 5 minutes of the last day, the oldest first; the last one is now.'),
    ),
    latency: list(latency),
    fullness: list(fullness).check(z.describe('The fullest 20.')),
  })
  .register(z.globalRegistry, {
    id: 'History',
    description: 'Kept in memory since the start of the daemon, for a day.',
  });

export type HistoryAnswer = z.output<typeof history>;
