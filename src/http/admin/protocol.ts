import * as z from 'zod/mini';
import { backupJob, backups, backupTask, foreseenTask } from './shapes/backups.ts';
import { around } from './shapes/common.ts';
import { diagnosis, drain, events, recovery, reloaded } from './shapes/daemon.ts';
import { driver, driverDetails, driverHealth, live, ready } from './shapes/drivers.ts';
import { history } from './shapes/history.ts';
import { progress } from './shapes/progress.ts';
import { rolledBack, snapshot, snapshotCopy } from './shapes/snapshots.ts';
import {
  dryRunVerb,
  foreseen,
  removedVolume,
  unusedVolume,
  users,
  volume,
  volumeDetails,
} from './shapes/volumes.ts';

export type DryRunVerb = z.output<typeof dryRunVerb>;

/** Everything that a client must know about one call of the admin API. */
export interface Call<Answer extends z.ZodMiniType = z.ZodMiniType> {
  readonly method: 'get' | 'post' | 'delete';
  /** As Express writes it: `/v1/drivers/:driver`. */
  readonly path: string;
  /** For the documentation: what the call does. */
  readonly does: string;
  readonly query?: z.ZodMiniObject;
  /** The fields of a JSON object; a missing body counts as `{}`. */
  readonly body?: z.ZodMiniObject;
  /** 200 if absent. */
  readonly status?: 201;
  readonly answer: Answer;
  /** JSON if absent. */
  readonly type?: 'text/plain';
  /** The status is a verdict: 503 has an answer of the same form. */
  readonly verdict?: true;
}

const list = <T extends z.ZodMiniType>(item: T) => z.readonly(z.array(item));
const named = z.object({ driver: z.string(), name: z.string() });
/** Read by `parseOptions`: a schema would drop `__proto__`. */
const someOptions = z.optional(
  z
    .unknown()
    .register(z.globalRegistry, { type: ['object', 'null'], additionalProperties: { type: 'string' } }),
);
const volumePath = '/v1/volumes/:driver/:name';

/** Every call. Tests check requests and answers against it, and openapi.json is printed from it. */
export const calls = {
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
  volumes: {
    method: 'get',
    path: '/v1/volumes',
    does: 'all volumes, from memory, under the driver that stores them; `?driver=NAME` for one driver',
    query: z.object({ driver: z.optional(z.string()) }),
    answer: z.object({ volumes: list(volumeDetails) }),
  },
  create: {
    method: 'post',
    path: '/v1/volumes/:driver',
    does: 'creates `{"name", "options"}`; for a copy of a volume (`from`) with what a snapshot has for the containers that use that',
    body: z.strictObject({ name: z.string(), options: someOptions, ...around }),
    status: 201,
    answer: volumeDetails,
  },
  volume: {
    method: 'get',
    path: volumePath,
    does: 'the details of a volume, with its holders',
    answer: volumeDetails,
  },
  users: {
    method: 'get',
    path: `${volumePath}/users`,
    does: 'who uses it, according to the kernel, with the names of containers, including stopped ones, from engines that answer within 2 s',
    answer: users,
  },
  remove: { method: 'delete', path: volumePath, does: 'removes it', answer: named },
  mount: {
    method: 'post',
    path: `${volumePath}/mount`,
    does: 'mounts it for the operator',
    answer: z.extend(named, { mountpoint: z.string() }),
  },
  unmount: {
    method: 'post',
    path: `${volumePath}/unmount`,
    does: "drops the operator's holder",
    answer: named,
  },
  release: {
    method: 'post',
    path: `${volumePath}/release`,
    does: 'gives it up on this host, if nobody uses it: drops its holders and takes it down',
    answer: z.extend(named, {
      holders: list(z.string()).check(z.describe('Those that were dropped.')),
      mountpoint: z.exactOptional(z.string()).check(z.describe('Where it was mounted until now.')),
    }),
  },
  foresee: {
    method: 'post',
    path: '/v1/dry-runs/:driver',
    does: 'what a call would do, and changes nothing: `{"verb", "name"}`, for `create` and `modify` with `options`, for `undelete` with `id` and `as`, for `snapshot`, `remove-snapshot`, `copy-snapshot` and `rollback` with `snapshot` (the first with what its call has, the copy with `place`), for `grow` with `size`',
    body: z.strictObject({
      verb: dryRunVerb,
      name: z.string(),
      options: someOptions,
      id: z.optional(z.string().check(z.minLength(1))),
      as: z.optional(z.string()),
      snapshot: z.optional(z.string()),
      place: z.optional(z.string()),
      size: z.optional(z.string()),
      whileInUse: z.optional(z.boolean()),
      ...around,
    }),
    answer: foreseen,
  },
  unused: {
    method: 'get',
    path: '/v1/unused/:driver',
    does: 'volumes that no host is known to use, with their last use',
    answer: z.object({ volumes: list(unusedVolume) }),
  },
  removed: {
    method: 'get',
    path: '/v1/removed/:driver',
    does: 'removed volumes that can be brought back',
    answer: z.object({ removed: list(removedVolume) }),
  },
  undelete: {
    method: 'post',
    path: '/v1/removed/:driver/:name/undelete',
    does: 'brings one back; `{"id"}` chooses one, `{"as"}` gives it another name',
    body: z.strictObject({ id: z.optional(z.string().check(z.minLength(1))), as: z.optional(z.string()) }),
    answer: volume,
  },
  snapshots: {
    method: 'get',
    path: '/v1/snapshots/:driver',
    does: 'the [snapshots](../protect.md) of all volumes; `?volume=NAME` for one',
    query: z.object({ volume: z.optional(z.string()) }),
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
  grow: {
    method: 'post',
    path: `${volumePath}/grow`,
    does: 'makes it `{"size"}` large',
    body: z.strictObject({ size: z.string() }),
    answer: volumeDetails,
  },
  modify: {
    method: 'post',
    path: `${volumePath}/modify`,
    does: 'gives it the type, performance or larger size of `{"options"}`, all in one change',
    body: z.strictObject({ options: someOptions }),
    answer: volumeDetails,
  },
  backups: {
    method: 'get',
    path: '/v1/backups',
    does: 'the [backups](../backup.md) of all repositories, which are asked now; `?repository=NAME` for one',
    query: z.object({ repository: z.optional(z.string()) }),
    answer: backups,
  },
  beginBackupTask: {
    method: 'post',
    path: '/v1/backups/tasks',
    does: 'begins a task: `{"do"}` is `init` or `check` of a `repository`; `run`, `prove` or `prune` of a `plan`, perhaps only some `volumes`; `restore` of a `backup` of a `repository` to the new volume `name` of a `driver`',
    body: backupTask,
    status: 201,
    answer: backupJob,
  },
  backupTask: {
    method: 'get',
    path: '/v1/backups/tasks/:task',
    does: 'how far a task is, and what it did',
    answer: backupJob,
  },
  foreseeBackupTask: {
    method: 'post',
    path: '/v1/backups/dry-runs',
    does: 'what a task would do, in words; changes nothing',
    body: backupTask,
    answer: foreseenTask,
  },
  events: {
    method: 'get',
    path: '/v1/events',
    does: '[what happened](#what-happened), the oldest first; `?since=TIME`, `?volume=NAME`, `?after=ID`, `?last=N` for the latest of them',
    query: z.object({
      since: z.optional(z.string()),
      volume: z.optional(z.string()),
      after: z.optional(z.string()),
      last: z.optional(z.string().check(z.regex(/^[1-9]\d{0,5}$/, 'must be a number from 1 to 999999'))),
    }),
    answer: events,
  },
  history: {
    method: 'get',
    path: '/v1/history',
    does: 'how fast calls were and how full volumes are, over the last day',
    answer: history,
  },
  progress: {
    method: 'get',
    path: '/v1/progress',
    does: 'work on volumes that takes longer than a moment and is under way now (copies, deletions, formatting), with how much of it is done',
    answer: progress,
  },
  reloadPlan: {
    method: 'get',
    path: '/v1/reload',
    does: 'what a reload would do now',
    answer: reloaded,
  },
  reload: {
    method: 'post',
    path: '/v1/reload',
    does: 'applies added, changed and removed drivers of the configuration',
    answer: reloaded,
  },
  diagnosis: {
    method: 'get',
    path: '/v1/diagnosis',
    does: "what each driver's storage reports about itself, checked now; `?driver=NAME` for one driver",
    query: z.object({ driver: z.optional(z.string()) }),
    answer: diagnosis,
  },
  recoveryPlan: {
    method: 'get',
    path: '/v1/recovery',
    does: 'what recovery would do now',
    answer: recovery,
  },
  recover: { method: 'post', path: '/v1/recovery', does: 'does it', answer: recovery },
} as const satisfies Readonly<Record<string, Call>>;
