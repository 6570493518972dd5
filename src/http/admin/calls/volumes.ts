import * as z from 'zod/mini';
import type { Call } from '../call.ts';
import { around, list } from '../shapes/common.ts';
import {
  dryRunVerb,
  foreseen,
  removedVolume,
  unusedVolume,
  users,
  volume,
  volumeDetails,
} from '../shapes/volumes.ts';

export const volumePath = '/v1/volumes/:driver/:name';
const named = z.object({ driver: z.string(), name: z.string() });
/** Read by `parseOptions`: a schema would drop `__proto__`. */
const someOptions = z.optional(
  z
    .unknown()
    .register(z.globalRegistry, { type: ['object', 'null'], additionalProperties: { type: 'string' } }),
);

export const volumeCalls = {
  volumes: {
    method: 'get',
    path: '/v1/volumes',
    does: 'all volumes, from memory, under the driver that stores them; `?driver=NAME` for one driver',
    query: z.strictObject({ driver: z.optional(z.string()) }),
    answer: z.object({ volumes: list(volumeDetails) }),
  },
  create: {
    method: 'post',
    path: '/v1/volumes/:driver',
    does: 'creates `{"name", "options"}`; a copy of a volume (`from`) may also have the fields of a snapshot for the containers that use the source',
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
} as const satisfies Readonly<Record<string, Call>>;
