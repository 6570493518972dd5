import * as z from 'zod/mini';
import type { WitnessConfiguration } from '../../config/configuration.ts';
import { quote } from '../../core/names.ts';
import { type ErrorCode, VolumeError } from '../../core/volume-error.ts';
import { openAccess } from '../access.ts';
import { readAnswer } from './answers.ts';
import { type DiskResource, disksOf, writtenResource } from './disks.ts';
import { callMaster, failureWords, findLeader, refuseFailure } from './leader.ts';

/** Calls of the v1 operator API. */
export interface MesosOperator {
  /** The API of the leading master. */
  readonly url: string;
  /** The principal that the credentials name, if any. */
  readonly principal: string | undefined;
  /** A registered agent, by its ID or host name. Throws `not-found`, or `invalid` if several have that name. */
  agent(named: string, signal: AbortSignal): Promise<AgentDisks>;
  /** Resolves when the master has accepted the call; it then passes the call to the agent. */
  send(call: object, signal: AbortSignal): Promise<void>;
}

export interface AgentDisks {
  readonly id: string;
  readonly hostname: string;
  readonly disks: readonly DiskResource[];
}

const getAgents = z.object({
  get_agents: z._default(
    z.object({
      agents: z._default(
        z.array(
          z.object({
            agent_info: z.object({ id: z.object({ value: z.string() }), hostname: z.string() }),
            total_resources: z._default(z.array(writtenResource), []),
          }),
        ),
        [],
      ),
    }),
    { agents: [] },
  ),
});

export async function openOperator(
  configuration: Pick<WitnessConfiguration, 'addresses' | 'credentialsFile' | 'tls'>,
  signal: AbortSignal,
): Promise<MesosOperator> {
  const access = await openAccess(configuration);
  const { base } = await findLeader(configuration.addresses, access, signal);
  return {
    url: `${base}/api/v1`,
    principal: access.principal,
    async agent(named, until) {
      const answer = refuseFailure(await callMaster(base, { type: 'GET_AGENTS' }, access, until), base);
      const { agents } = readAnswer(getAgents, answer, 'GET_AGENTS', `The Mesos master ${base}`).get_agents;
      const all = agents.map(({ agent_info: { id, hostname }, total_resources }) => ({
        id: id.value,
        hostname,
        disks: disksOf(total_resources),
      }));
      return oneAgent(all, named);
    },
    async send(call, until) {
      const answer = await callMaster(base, call, access, until);
      if (answer.status === 202 || answer.status === 200) return;
      const code = codes.get(answer.status) ?? 'failed';
      throw new VolumeError(code, `The Mesos master ${base} ${failureWords(answer)}.`);
    },
  };
}

const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [307, 'unavailable'],
  [400, 'invalid'],
  [409, 'conflict'],
  [503, 'unavailable'],
]);

function oneAgent(all: readonly AgentDisks[], named: string): AgentDisks {
  const [found, ...others] = all.filter(({ id, hostname }) => id === named || hostname === named);
  if (found === undefined)
    throw new VolumeError(
      'not-found',
      `No agent ${quote(named)} is registered. List those that are with \`holdfast mesos agents\`.`,
    );
  if (others.length === 0) return found;
  const ids = [found, ...others].map(({ id }) => id).join(' and ');
  throw new VolumeError(
    'invalid',
    `Several agents have the host name ${named}: choose one by its ID, ${ids}.`,
  );
}
