import * as z from 'zod';
import { VolumeError } from '../../core/volume-error.ts';
import type { Answer } from '../ask-http.ts';

/*
 * The fields that are read from a Mesos master's answers: the v1 operator API and the registry
 * (docs/design/mesos-rules.md#operator-api).
 */

const id = z.object({ value: z.string().min(1) });
/** Nanoseconds since the epoch; as a string if the number would not fit. */
const time = z
  .object({ nanoseconds: z.union([z.number(), z.string().regex(/^\d+$/)]) })
  .pipe(z.transform(({ nanoseconds }) => Number(nanoseconds) / 1_000_000));

const info = z.object({
  id,
  hostname: z.string(),
  attributes: z
    .array(z.object({ name: z.string(), type: z.string(), text: z.object({ value: z.string() }).optional() }))
    .default([]),
});

export const getMaster = z.object({
  type: z.literal('GET_MASTER'),
  get_master: z.object({
    master_info: z.object({
      id: z.string().min(1),
      hostname: z.string().optional(),
      port: z.number().optional(),
    }),
    elected_time: z.number().optional(),
  }),
});

export const getAgents = z.object({
  type: z.literal('GET_AGENTS'),
  get_agents: z
    .object({
      // Masters before Mesos 1.9 cannot deactivate agents.
      agents: z
        .array(z.object({ agent_info: info, active: z.boolean(), deactivated: z.boolean().default(false) }))
        .default([]),
      recovered_agents: z.array(info).default([]),
    })
    .default({ agents: [], recovered_agents: [] }),
});

const lost = z
  .object({ slaves: z.array(z.object({ id, timestamp: time })).default([]) })
  .default({ slaves: [] });

export const registry = z.object({
  master: z.object({ info: z.object({ id: z.string() }) }),
  unreachable: lost,
  gone: lost,
});

export type AgentInfo = z.infer<typeof info>;

/** Parses the answer. Throws `unavailable`, naming the sender, if the answer is incomplete or does not fit the schema. */
export function readAnswer<T>(schema: z.ZodType<T>, answer: Answer, what: string, who: string): T {
  const read = schema.safeParse(parsedJson(answer.text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.join('.') || 'whole answer';
  throw new VolumeError(
    'unavailable',
    `${who} sent an invalid answer to ${what} (${where}: ${issue?.message}).`,
  );
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
