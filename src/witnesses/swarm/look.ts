import * as z from 'zod/mini';
import { wordsOf } from '../../core/error-words.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Access } from '../access.ts';
import { askHttp } from '../ask-http.ts';
import { readAnswer } from '../mesos/answers.ts';

/** A node as a manager lists it (GET /nodes of the Engine API). */
export interface SwarmNode {
  readonly id: string;
  readonly hostname: string;
  /** The node's own labels, and those of its engine. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly state: string;
  /** When the managers last changed the node's record, in milliseconds since the epoch. */
  readonly updatedAt: number;
}

export interface SwarmView {
  /** The manager that answered. */
  readonly base: string;
  readonly nodes: readonly SwarmNode[];
}

const labels = z.nullish(z.record(z.string(), z.string()));
const nodes = z.array(
  z.object({
    ID: z.string().check(z.minLength(1)),
    UpdatedAt: z.iso.datetime({ offset: true }),
    Spec: z.object({ Labels: labels }),
    Description: z.object({
      Hostname: z.string(),
      Engine: z.nullish(z.object({ Labels: labels })),
    }),
    Status: z.object({ State: z.string() }),
  }),
);

/** The answer of the first manager that gives one: managers agree by Raft, and one without a quorum refuses. */
export async function lookAtSwarm(
  addresses: readonly string[],
  access: Access,
  signal: AbortSignal,
): Promise<SwarmView> {
  const reasons: string[] = [];
  for (const base of addresses) {
    try {
      return { base, nodes: await listNodes(base, access, signal) };
    } catch (error) {
      reasons.push(wordsOf(error));
    }
  }
  throw new VolumeError('unavailable', `No Swarm manager lists the nodes: ${reasons.join(' ')}`);
}

async function listNodes(base: string, access: Access, signal: AbortSignal): Promise<readonly SwarmNode[]> {
  const answer = await askHttp({ base, method: 'GET', path: '/nodes' }, access, signal);
  if (answer.status !== 200) {
    const said = answer.text.trim().slice(0, 300);
    throw new VolumeError('unavailable', `${base} answered ${answer.status}: ${said}.`);
  }
  return readAnswer(nodes, answer, 'GET /nodes', base).map(
    ({ ID, UpdatedAt, Spec, Description, Status }) => ({
      id: ID,
      hostname: Description.Hostname,
      attributes: new Map(Object.entries({ ...Description.Engine?.Labels, ...Spec.Labels })),
      state: Status.State,
      updatedAt: Date.parse(UpdatedAt),
    }),
  );
}
