import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { Agent, TaskWish, VolumeWish } from './agent.ts';
import type { AgentHost } from './agent-host.ts';
import type { WritingTask } from './agent-task.ts';

export interface Stage {
  readonly agent: Agent<WritingTask>;
  readonly host: AgentHost;
  /** Errors of tasks. */
  readonly failures: unknown[];
}

const names = [
  'the agent is killed',
  'the agent is killed twice',
  'Holdfast is killed',
  'Holdfast is stopped and started',
  'both are killed',
  'Holdfast hangs until the mounts are killed',
  'the unmounts are killed',
  'Holdfast refuses everything',
  'the host reboots',
] as const;

type Trouble = (typeof names)[number];

/** Tasks end and are launched at the same time, with the trouble in between. */
export interface Round {
  /** Indexes of running tasks. */
  readonly ends: readonly number[];
  readonly launches: readonly TaskWish[];
  /** When the trouble comes: milliseconds after the start of the round, or after the first Get, which a Mount soon follows. */
  readonly after: { readonly from: 'beginning' | 'get'; readonly milliseconds: number };
  readonly trouble: Trouble | undefined;
  /** Index of a task that ends while there is no agent. */
  readonly endsMeanwhile: number | undefined;
  /** Whether the next round waits for all work. */
  readonly settles: boolean;
}

/** A directory, an image with its own file system, and a volume with options that are compared at each mount. */
export const goodVolumes: readonly VolumeWish[] = [
  { name: 'plain', options: [] },
  { name: 'image', options: ['size=16MiB'] },
  { name: 'closed', options: ['mode=0750'] },
];
const wrongVolumes: readonly VolumeWish[] = [
  { name: 'image', options: ['size=enormous'] },
  { name: 'closed', options: ['mode=rwx'] },
  { name: '../outside', options: [] },
];

const isFine = fc.integer({ min: 0, max: 3 }).map((number) => number > 0);
const volumes: fc.Arbitrary<readonly VolumeWish[]> = fc
  .tuple(isFine, fc.subarray([...goodVolumes], { minLength: 1 }), fc.constantFrom(...wrongVolumes))
  .map(([fine, good, wrong]) => (fine ? good : [...good.filter(({ name }) => name !== wrong.name), wrong]));

const task: fc.Arbitrary<TaskWish> = fc.record({ volumes, checkpointed: isFine });

export const round: fc.Arbitrary<Round> = fc.record({
  ends: fc.array(fc.nat(5), { maxLength: 2 }),
  launches: fc.array(task, { minLength: 1, maxLength: 2 }),
  after: fc.oneof(
    fc.record({ from: fc.constant('beginning' as const), milliseconds: fc.nat(400) }),
    fc.record({ from: fc.constant('get' as const), milliseconds: fc.nat(8) }),
  ),
  trouble: fc.option(fc.constantFrom(...names), { nil: undefined, freq: 3 }),
  endsMeanwhile: fc.option(fc.nat(5), { nil: undefined }),
  settles: fc.boolean(),
});

/** Plays a round. At its end, an agent and a Holdfast run. */
export async function play(stage: Stage, { ends, launches, after, ...rest }: Round): Promise<void> {
  const { agent, host, failures } = stage;
  const gets = await countGets(host);
  const living = agent.living();
  const ending = new Set(ends.map((place) => living[place]?.id).filter((id) => id !== undefined));
  const begun = [...[...ending].map((id) => agent.end(id)), ...launches.map((wish) => agent.launch(wish))];
  const over = Promise.all(begun.map((work) => work.catch((error) => failures.push(error))));
  const isGet = async () => (await countGets(host)) > gets;
  // Each launch begins with a Get, unless it waits for another call for the same volume.
  if (after.from === 'get') await within(400, isGet);
  await sleep(after.milliseconds);
  if (rest.trouble) await troubles[rest.trouble](stage, rest.endsMeanwhile);
  if (!rest.settles) return;
  await over;
  await agent.idle();
}

/** The number of Gets that the daemon has answered. */
async function countGets({ holdfast }: AgentHost): Promise<number> {
  return (await holdfast.service.log()).split('"VolumeDriver.Get"').length;
}

async function within(milliseconds: number, probe: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (performance.now() < deadline && !(await probe())) await sleep(1);
}

/** After each trouble, an agent and a Holdfast run. A task may end while there is no agent. */
const troubles: Readonly<Record<Trouble, (stage: Stage, ends: number | undefined) => Promise<void>>> = {
  'the agent is killed': async ({ agent }, ends) => {
    agent.kill();
    await endOne(agent, ends);
    await agent.start();
  },
  'the agent is killed twice': async ({ agent }, ends) => {
    agent.kill();
    await endOne(agent, ends);
    const recovering = agent.start();
    await sleep(60);
    agent.kill();
    await recovering;
    await agent.start();
  },
  'Holdfast is killed': async ({ host: { holdfast } }) => {
    await holdfast.kill();
    await holdfast.start();
  },
  'Holdfast is stopped and started': async ({ host: { holdfast } }) => {
    await holdfast.stop();
    await holdfast.start();
  },
  'both are killed': async ({ agent, host: { holdfast } }, ends) => {
    agent.kill();
    await Promise.all([holdfast.kill(), endOne(agent, ends)]);
    const recovering = agent.start();
    await holdfast.start();
    await recovering;
  },
  'Holdfast hangs until the mounts are killed': async ({ agent, host }) => {
    signal(host, 'SIGSTOP');
    await sleep(100);
    agent.losePatience('mount');
    await sleep(100);
    signal(host, 'SIGCONT');
  },
  'the unmounts are killed': async ({ agent }) => agent.losePatience('unmount'),
  'Holdfast refuses everything': async ({ host }) => {
    await host.holdfast.stop();
    await host.whileRefusing(() => sleep(300));
    await host.holdfast.start();
  },
  'the host reboots': async ({ agent, host }) => {
    agent.kill();
    await host.reboot();
    await agent.start('reboot');
  },
};

async function endOne(agent: Agent<WritingTask>, place: number | undefined): Promise<void> {
  const one = agent.living()[place ?? -1];
  if (one) await agent.end(one.id);
}

function signal({ holdfast }: AgentHost, name: 'SIGSTOP' | 'SIGCONT'): void {
  const pid = holdfast.service.pid();
  if (pid === undefined) throw new Error('Holdfast does not run.');
  process.kill(pid, name);
}
