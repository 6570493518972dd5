import * as z from 'zod/mini';
import { count, error, health, list, milliseconds, options } from './common.ts';

const driverFields = {
  name: z.string(),
  backend: z.string(),
  scope: z.string(),
  sharing: z.string(),
  members: z
    .exactOptional(list(z.string()))
    .check(z.describe('Of a joint driver: the drivers whose volumes it has.')),
  volumes: count,
  unreadable: count.check(z.describe('Volumes whose record cannot be read.')),
  mounted: count.check(z.describe('On this host.')),
  held: count,
  trashBytes: z.exactOptional(count).check(z.describe('What removed volumes take, as last measured.')),
  catalogAge: z
    .exactOptional(milliseconds)
    .check(z.describe('Milliseconds since the list of volumes was last read from the storage.')),
  health: z.exactOptional(health),
  socket: z.exactOptional(z.string()).check(z.describe('The socket for engines.')),
};
export const driver = z.object(driverFields).register(z.globalRegistry, { id: 'Driver' });
export const driverDetails = z
  .object({
    ...driverFields,
    settings: z.exactOptional(z.readonly(z.record(z.string(), z.unknown()))),
    defaults: z.exactOptional(options),
    profiles: z.exactOptional(z.readonly(z.record(z.string(), options))),
  })
  .register(z.globalRegistry, {
    id: 'DriverDetails',
    description: 'With its configuration; secrets are left out.',
  });

export const driverHealth = z
  .object({
    driver: z.string(),
    state: z.enum(['ready', 'recovering', 'failed']),
    error: z.exactOptional(error).check(z.describe('Why it could not be opened.')),
    retryInMs: z.exactOptional(milliseconds),
    storage: z.exactOptional(health),
  })
  .register(z.globalRegistry, { id: 'DriverHealth' });
export const live = z.object({ state: z.literal('live') }).register(z.globalRegistry, { id: 'Live' });
const readyState = z.enum(['ready', 'not-ready']);
const wholeReady = z
  .object({ state: readyState, drivers: list(driverHealth) })
  .register(z.globalRegistry, { id: 'Ready' });
const briefReady = z
  .object({ state: readyState, counts: z.object({ ready: z.number(), configured: z.number() }) })
  .register(z.globalRegistry, { id: 'BriefReady', description: 'By TCP without the token.' });
export const ready = z.union([wholeReady, briefReady]);

export type DriverAnswer = z.output<typeof driver>;
export type DriverHealthAnswer = z.output<typeof driverHealth>;
export type LiveAnswer = z.output<typeof live>;
export type ReadyAnswer = z.output<typeof wholeReady>;
export type BriefReadyAnswer = z.output<typeof briefReady>;
