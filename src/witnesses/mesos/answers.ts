import * as z from 'zod/mini';
import { VolumeError } from '../../core/volume-error.ts';
import type { Answer } from '../ask-http.ts';

/*
 * The fields that are read from a Mesos master's answers: the v1 operator API and the registry
 * (docs/design/mesos-rules.md#operator-api).
 */

const id = z.object({ value: z.string().check(z.minLength(1)) });
/** Nanoseconds since the epoch; as a string if the number would not fit. */
const time = z.pipe(
  z.object({ nanoseconds: z.union([z.number(), z.string().check(z.regex(/^\d+$/))]) }),
  z.transform(({ nanoseconds }) => Number(nanoseconds) / 1_000_000),
);

const info = z.object({
  id,
  hostname: z.string(),
  attributes: z._default(
    z.array(
      z.object({ name: z.string(), type: z.string(), text: z.optional(z.object({ value: z.string() })) }),
    ),
    [],
  ),
});

export const getMaster = z.object({
  type: z.literal('GET_MASTER'),
  get_master: z.object({
    master_info: z.object({
      id: z.string().check(z.minLength(1)),
      hostname: z.optional(z.string()),
      port: z.optional(z.number()),
    }),
    elected_time: z.optional(z.number()),
  }),
});

export const getAgents = z.object({
  type: z.literal('GET_AGENTS'),
  get_agents: z._default(
    z.object({
      // Masters before Mesos 1.9 cannot deactivate agents.
      agents: z._default(
        z.array(
          z.object({ agent_info: info, active: z.boolean(), deactivated: z._default(z.boolean(), false) }),
        ),
        [],
      ),
      recovered_agents: z._default(z.array(info), []),
    }),
    { agents: [], recovered_agents: [] },
  ),
});

const lost = z._default(z.object({ slaves: z._default(z.array(z.object({ id, timestamp: time })), []) }), {
  slaves: [],
});

export const registry = z.object({
  master: z.object({ info: z.object({ id: z.string() }) }),
  unreachable: lost,
  gone: lost,
});

export type AgentInfo = z.infer<typeof info>;

/** Parses the answer. Throws `unavailable`, naming the sender, if the answer is incomplete or does not fit the schema. */
export function readAnswer<T>(schema: z.ZodMiniType<T>, answer: Answer, what: string, who: string): T {
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
