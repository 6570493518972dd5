import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { Agent, TaskWish, VolumeWish } from './agent.ts';
import type { AgentHost } from './agent-host.ts';
import type { WritingTask } from './agent-task.ts';

const troubles = [
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

/** Tasks end and are launched at once; in the middle of that comes the trouble. */
export interface Round {
  /** Places among those that run. */
  readonly ends: readonly number[];
  readonly launches: readonly TaskWish[];
  /** Milliseconds from the beginning of the round. */
  readonly after: number;
  readonly trouble: (typeof troubles)[number] | undefined;
  /** A task that ends while there is no agent, or in the middle of other trouble. */
  readonly endsMeanwhile: number | undefined;
  /** Whether everything is waited for before the next round. */
  readonly settles: boolean;
}

/** By name: a directory, an image with a file system of its own, and one with options that are compared at each mount. */
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
  after: fc.nat(400),
  trouble: fc.oneof(fc.constant(undefined), fc.constantFrom(...troubles)),
  endsMeanwhile: fc.option(fc.nat(5), { nil: undefined }),
  settles: fc.boolean(),
});

export interface Stage {
  readonly agent: Agent<WritingTask>;
  readonly host: AgentHost;
}

/** Whatever comes to pass in the round, at its end there are an agent and a Holdfast. */
export async function play(stage: Stage, { ends, launches, after, ...rest }: Round): Promise<void> {
  const { agent } = stage;
  const living = agent.living();
  const ending = new Set(ends.map((place) => living[place]?.id).filter((id) => id !== undefined));
  const begun = [...[...ending].map((id) => agent.end(id)), ...launches.map((wish) => agent.launch(wish))];
  // What goes wrong with a task is told in its turn, not while the trouble is on.
  const over = Promise.allSettled(begun);
  await sleep(after);
  await meet(stage, rest);
  if (!rest.settles) return;
  const failed = (await over).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  await agent.idle();
}

async function meet(
  { agent, host }: Stage,
  { trouble, endsMeanwhile }: Pick<Round, 'trouble' | 'endsMeanwhile'>,
): Promise<void> {
  const { holdfast } = host;
  const meanwhile = async () => {
    const one = agent.living()[endsMeanwhile ?? -1];
    if (one) await agent.end(one.id);
  };
  switch (trouble) {
    case undefined:
      return;
    case 'the agent is killed':
      agent.kill();
      await meanwhile();
      return agent.start();
    case 'the agent is killed twice': {
      agent.kill();
      await meanwhile();
      const recovering = agent.start();
      await sleep(60);
      agent.kill();
      await recovering;
      return agent.start();
    }
    case 'Holdfast is killed':
    case 'Holdfast is stopped and started':
      await (trouble === 'Holdfast is killed' ? holdfast.kill() : holdfast.stop());
      return holdfast.start();
    case 'both are killed': {
      agent.kill();
      await Promise.all([holdfast.kill(), meanwhile()]);
      const recovering = agent.start();
      await holdfast.start();
      return recovering;
    }
    case 'Holdfast hangs until the mounts are killed':
      signal(host, 'SIGSTOP');
      await sleep(100);
      agent.losePatience('mount');
      await sleep(100);
      return signal(host, 'SIGCONT');
    case 'the unmounts are killed':
      return agent.losePatience('unmount');
    case 'Holdfast refuses everything':
      await holdfast.stop();
      await host.whileRefusing(() => sleep(300));
      return holdfast.start();
    case 'the host reboots':
      agent.kill();
      await host.reboot();
      return agent.start();
  }
}

function signal({ holdfast }: AgentHost, name: 'SIGSTOP' | 'SIGCONT'): void {
  const pid = holdfast.service.pid();
  if (pid === undefined) throw new Error('Holdfast does not run.');
  process.kill(pid, name);
}
