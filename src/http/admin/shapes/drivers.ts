import * as z from 'zod';
import { count, error, health, list, milliseconds, options } from './common.ts';

const driverFields = {
  name: z.string(),
  backend: z.string(),
  scope: z.string(),
  sharing: z.string(),
  members: list(z.string()).exactOptional().describe('Of a joint driver: the drivers whose volumes it has.'),
  volumes: count,
  unreadable: count.describe('Volumes whose record cannot be read.'),
  mounted: count.describe('On this host.'),
  held: count,
  trashBytes: count.exactOptional().describe('What removed volumes take, as last measured.'),
  catalogAge: milliseconds
    .exactOptional()
    .describe('Milliseconds since the list of volumes was last read from the storage.'),
  health: health.exactOptional(),
  socket: z.string().exactOptional().describe('The socket for engines.'),
};
export const driver = z.object(driverFields).meta({ id: 'Driver' });
export const driverDetails = z
  .object({
    ...driverFields,
    settings: z.record(z.string(), z.unknown()).readonly().exactOptional(),
    defaults: options.exactOptional(),
    profiles: z.record(z.string(), options).readonly().exactOptional(),
  })
  .meta({ id: 'DriverDetails', description: 'With its configuration; secrets are left out.' });

export const driverHealth = z
  .object({
    driver: z.string(),
    state: z.enum(['ready', 'recovering', 'failed']),
    error: error.exactOptional().describe('Why it could not be opened.'),
    retryInMs: milliseconds.exactOptional(),
    storage: health.exactOptional(),
  })
  .meta({ id: 'DriverHealth' });
export const live = z.object({ state: z.literal('live') }).meta({ id: 'Live' });
const readyState = z.enum(['ready', 'not-ready']);
const wholeReady = z.object({ state: readyState, drivers: list(driverHealth) }).meta({ id: 'Ready' });
const briefReady = z
  .object({ state: readyState, counts: z.object({ ready: z.number(), configured: z.number() }) })
  .meta({ id: 'BriefReady', description: 'By TCP without the token.' });
export const ready = z.union([wholeReady, briefReady]);

export type DriverAnswer = z.output<typeof driver>;
export type DriverHealthAnswer = z.output<typeof driverHealth>;
export type LiveAnswer = z.output<typeof live>;
export type ReadyAnswer = z.output<typeof wholeReady>;
export type BriefReadyAnswer = z.output<typeof briefReady>;
