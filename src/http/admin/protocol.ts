import type * as z from 'zod/mini';
import { backupCalls } from './calls/backups.ts';
import { daemonCalls } from './calls/daemon.ts';
import { healthCalls } from './calls/health.ts';
import { snapshotCalls } from './calls/snapshots.ts';
import { volumeCalls } from './calls/volumes.ts';
import type { dryRunVerb } from './shapes/volumes.ts';

export type DryRunVerb = z.output<typeof dryRunVerb>;

/** Every call. Tests check requests and answers against it, and openapi.json is printed from it. */
export const calls = {
  ...healthCalls,
  ...volumeCalls,
  ...snapshotCalls,
  ...backupCalls,
  ...daemonCalls,
};
