import * as z from 'zod/mini';
import type { Call } from '../call.ts';
import { around, list } from '../shapes/common.ts';
import { rolledBack, snapshot, snapshotCopy } from '../shapes/snapshots.ts';
import { volumePath } from './volumes.ts';

export const snapshotCalls = {
  snapshots: {
    method: 'get',
    path: '/v1/snapshots/:driver',
    does: 'the [snapshots](../protect.md) of all volumes; `?volume=NAME` for one',
    query: z.strictObject({ volume: z.optional(z.string()) }),
    answer: z.object({ snapshots: list(snapshot) }),
  },
  snapshot: {
    method: 'post',
    path: `${volumePath}/snapshots`,
    does: 'keeps its present state as `{"name"}`; with `"whileInUse": true` also if its files are then of different moments. `pause` pauses the containers that use it meanwhile; `execBefore` and `execAfter` are run by `sh -c` in the only one of them, or in `execIn`',
    body: z.strictObject({ name: z.string(), whileInUse: z.optional(z.boolean()), ...around }),
    status: 201,
    answer: snapshot,
  },
  removeSnapshot: {
    method: 'delete',
    path: `${volumePath}/snapshots/:snapshot`,
    does: 'deletes a snapshot permanently',
    answer: z.object({ driver: z.string(), volume: z.string(), name: z.string() }),
  },
  copySnapshot: {
    method: 'post',
    path: `${volumePath}/snapshots/:snapshot/copy`,
    does: 'begins a copy in `{"place"}`, such as a region; one that was begun is returned as it is now',
    body: z.strictObject({ place: z.string() }),
    answer: snapshotCopy,
  },
  rollback: {
    method: 'post',
    path: `${volumePath}/rollback`,
    does: 'gives it the data of `{"snapshot"}`; what it had before is in the trash',
    body: z.strictObject({ snapshot: z.string() }),
    answer: rolledBack,
  },
} as const satisfies Readonly<Record<string, Call>>;
