import { z } from 'zod';
import { VolumeError } from '../core/volume-error.ts';
import type { Answer } from './ask-http.ts';

/*
 * The answers of a Mesos master, as far as they are read: the v1 operator API (docs/operator-http-api.md of Mesos) and the
 * registry (docs/endpoints/registrar/registry.md).
 */

const id = z.object({ value: z.string().min(1) });
/** Nanoseconds since the epoch; as a text where the number would not fit. */
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
      agents: z.array(z.object({ agent_info: info, active: z.boolean() })).default([]),
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

/** The answer read by its schema; half of one, or another's, is `unavailable`, naming who gave it. */
export function readAnswer<T>(schema: z.ZodType<T>, answer: Answer, what: string, who: string): T {
  const read = schema.safeParse(parsedJson(answer.text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.join('.') || 'the whole';
  throw new VolumeError(
    'unavailable',
    `${who} gave an answer to ${what} that cannot be understood (${where}: ${issue?.message}).`,
  );
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
