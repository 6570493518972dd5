import * as z from 'zod';
import { count, list, time } from './common.ts';

const figures = list(z.number().nullable()).describe('One per time; null where it is not known.');

const latency = z
  .object({
    verb: z.string(),
    count: list(count).describe('Calls since the time before.'),
    p50: figures.describe('Milliseconds that half of them took at most; null without a call.'),
    p95: figures.describe('The same of 95 in 100.'),
  })
  .meta({ id: 'LatencyHistory', description: 'The calls of all drivers, by verb.' });
const fullness = z
  .object({
    driver: z.string(),
    of: z.enum(['volume', 'share', 'root']),
    volume: z.string().exactOptional().describe('Absent for a file system that volumes share.'),
    place: z.string().exactOptional().describe('Where that file system is.'),
    percent: figures,
  })
  .meta({ id: 'FullnessHistory', description: 'Per cent of the bytes or the inodes, whichever is fuller.' });
export const history = z
  .object({
    times: list(time).describe('Every 5 minutes of the last day, the oldest first; the last one is now.'),
    latency: list(latency),
    fullness: list(fullness).describe('The fullest 20.'),
  })
  .meta({ id: 'History', description: 'Kept in memory since the start of the daemon, for a day.' });

export type HistoryAnswer = z.output<typeof history>;
