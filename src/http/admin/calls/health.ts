import * as z from 'zod/mini';
import type { Call } from '../call.ts';
import { list } from '../shapes/common.ts';
import { drain } from '../shapes/daemon.ts';
import { driver, driverDetails, driverHealth, live, ready } from '../shapes/drivers.ts';

export const healthCalls = {
  openapi: {
    method: 'get',
    path: '/openapi.json',
    does: 'this API as an OpenAPI 3.1 document',
    answer: z.record(z.string(), z.unknown()),
  },
  metrics: {
    method: 'get',
    path: '/metrics',
    does: 'the [metrics](metrics.md) in the format of Prometheus',
    answer: z.string(),
    type: 'text/plain',
  },
  live: {
    method: 'get',
    path: '/health/live',
    does: 'whether the daemon [answers](health.md)',
    answer: live,
  },
  ready: {
    method: 'get',
    path: '/health/ready',
    does: 'whether [all drivers are ready](health.md)',
    answer: ready,
    verdict: true,
  },
  driverHealth: {
    method: 'get',
    path: '/health/drivers/:driver',
    does: 'the state of [one driver](health.md)',
    answer: driverHealth,
    verdict: true,
  },
  version: {
    method: 'get',
    path: '/v1/version',
    does: 'version and process ID',
    answer: z.object({ version: z.string(), pid: z.number() }),
  },
  drivers: {
    method: 'get',
    path: '/v1/drivers',
    does: 'the drivers, with backend, scope, counts, health and socket, and `members` of a joint one',
    answer: z.object({ drivers: list(driver) }),
  },
  driver: {
    method: 'get',
    path: '/v1/drivers/:driver',
    does: 'the details of a driver, including its settings, defaults and profiles, without secrets',
    answer: driverDetails,
  },
  drain: {
    method: 'get',
    path: '/v1/drain',
    does: 'what is mounted here, who uses it, and whether this host can be stopped',
    answer: drain,
  },
} as const satisfies Readonly<Record<string, Call>>;
