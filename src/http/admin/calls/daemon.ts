import * as z from 'zod/mini';
import type { Call } from '../call.ts';
import { diagnosis, events, recovery, reloaded } from '../shapes/daemon.ts';
import { history } from '../shapes/history.ts';
import { progress } from '../shapes/progress.ts';

export const daemonCalls = {
  events: {
    method: 'get',
    path: '/v1/events',
    does: '[what happened](#what-happened), the oldest first; `?since=TIME`, `?volume=NAME`, `?after=ID`, `?last=N` for the latest of them',
    query: z.strictObject({
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
    query: z.strictObject({ driver: z.optional(z.string()) }),
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
