import { parseSize } from '../../core/sizes.ts';
import { type DiskResource, diskWords } from '../../witnesses/mesos/disks.ts';
import type { AgentDisks, MesosOperator } from '../../witnesses/mesos/operator.ts';
import { persistent, reserved, toDestroy, toUnreserve, type Wish } from '../../witnesses/mesos/resources.ts';
import type { CommandResult } from '../command-result.ts';

export interface OperationOptions {
  readonly role: string;
  readonly size?: string;
  readonly principal?: string;
  readonly dryRun?: boolean;
}

export interface PersistOptions extends OperationOptions {
  readonly id: string;
  readonly containerPath?: string;
}

export interface Target {
  readonly agent: string;
  readonly root: string;
}

/** Milliseconds for all requests of a command to the masters. */
const patience = 30_000;

export async function reserve(
  operator: MesosOperator,
  { agent, root }: Target,
  options: OperationOptions,
): Promise<CommandResult> {
  return operate(operator, agent, options, ({ disks }) => ({
    type: 'RESERVE_RESOURCES',
    resource: reserved(disks, wishOf(operator, root, options)),
  }));
}

export async function unreserve(
  operator: MesosOperator,
  { agent, root }: Target,
  options: OperationOptions,
): Promise<CommandResult> {
  return operate(operator, agent, options, ({ disks }) => ({
    type: 'UNRESERVE_RESOURCES',
    resource: toUnreserve(disks, wishOf(operator, root, options)),
  }));
}

export async function persist(
  operator: MesosOperator,
  { agent, root }: Target,
  options: PersistOptions,
): Promise<CommandResult> {
  const { id, containerPath = id } = options;
  return operate(operator, agent, options, ({ disks }) => ({
    type: 'CREATE_VOLUMES',
    resource: persistent(disks, wishOf(operator, root, options), { id, containerPath }),
  }));
}

export async function destroy(
  operator: MesosOperator,
  { agent, id }: { readonly agent: string; readonly id: string },
  options: OperationOptions,
): Promise<CommandResult> {
  return operate(operator, agent, options, ({ disks }) => ({
    type: 'DESTROY_VOLUMES',
    resource: toDestroy(disks, id, options.role),
  }));
}

interface Operation {
  readonly type: keyof typeof sentences;
  readonly resource: DiskResource;
}

const sentences = {
  RESERVE_RESOURCES: 'reserve',
  UNRESERVE_RESOURCES: 'end the reservation of',
  CREATE_VOLUMES: 'create the persistent volume on',
  DESTROY_VOLUMES: 'destroy the persistent volume, with all its data, on',
} as const;

async function operate(
  operator: MesosOperator,
  named: string,
  { dryRun = false }: OperationOptions,
  plan: (agent: AgentDisks) => Operation,
): Promise<CommandResult> {
  const signal = AbortSignal.timeout(patience);
  const agent = await operator.agent(named, signal);
  const { type, resource } = plan(agent);
  const field = type.endsWith('_VOLUMES') ? 'volumes' : 'resources';
  const body = { type, [type.toLowerCase()]: { agent_id: { value: agent.id }, [field]: [resource] } };
  const request = { method: 'POST', url: operator.url, body };
  if (dryRun) {
    const head = [`POST ${operator.url}`, 'Content-Type: application/json', ''];
    return { json: { dryRun, request }, text: [...head, JSON.stringify(body, undefined, 2)].join('\n') };
  }
  await operator.send(body, signal);
  const what = `${sentences[type]} ${diskWords(resource)}, on agent ${agent.id} (${agent.hostname})`;
  return { json: { dryRun, request, accepted: true }, text: `The master accepted the request to ${what}.` };
}

function wishOf(
  operator: MesosOperator,
  root: string,
  { role, size, principal = operator.principal }: OperationOptions,
): Wish {
  const megabytes = size === undefined ? undefined : Math.floor(parseSize(size) / 1024 ** 2);
  return { root, role, size: megabytes, principal };
}
