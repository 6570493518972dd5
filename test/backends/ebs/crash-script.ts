import { expect } from '@jest/globals';
import type { Backend } from '../../../src/backends/backend.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import type { Volume } from '../../../src/core/volume.ts';
import type { EffectHook } from '../../fakes/watched-host.ts';

const live = new AbortController().signal;
const day = 24 * 3_600_000;

/** An instance whose daemon can be killed and restarted. */
export interface CrashHost {
  readonly backend: Backend;
  restart(parts: { readonly watch?: EffectHook }): void;
  stage(volume: Volume): Promise<void>;
  unstage(volume: Volume): Promise<void>;
  write(volume: Volume, text: string): Promise<void>;
  read(volume: Volume): Promise<string | undefined>;
  advance(milliseconds: number): void;
}

/** What users know without asking the daemon. */
export interface Story {
  plan?: Volume;
  isWritten: boolean;
}

interface Step {
  readonly what: string;
  run(host: CrashHost, story: Story): Promise<unknown>;
}

/** Every verb; each step uses the results of earlier ones. */
export const script: readonly Step[] = [
  {
    what: 'create',
    run({ backend }, story) {
      story.plan ??= backend.plan(parseVolumeName('db'), { size: '1' });
      return backend.create(story.plan, live);
    },
  },
  step('mount', (host, volume) => host.stage(volume)),
  step('write', async (host, volume, story) => {
    await host.stage(volume);
    await host.write(volume, 'precious');
    story.isWritten = true;
  }),
  step('unmount', (host, volume) => host.unstage(volume)),
  step('mount again', readBack),
  step('unmount again', (host, volume) => host.unstage(volume)),
  step('remove', ({ backend }, volume) => backend.remove(volume, live)),
  step('undelete', undelete),
  step('read', readBack),
  step('unmount what was read', (host, volume) => host.unstage(volume)),
  step('remove for good', ({ backend }, volume) => backend.remove(volume, live)),
  step('purge', async (host) => {
    host.advance(day + 1);
    await host.backend.purge(live);
  }),
];

function step(what: string, run: (host: CrashHost, volume: Volume, story: Story) => Promise<unknown>): Step {
  return {
    what,
    run: async (host, story) => story.plan && run(host, story.plan, story),
  };
}

async function undelete({ backend }: CrashHost, volume: Volume): Promise<void> {
  await backend.undelete({ volume, removedAt: volume.createdAt }, live);
}

async function readBack(host: CrashHost, volume: Volume, story: Story): Promise<void> {
  await host.stage(volume);
  if (story.isWritten) expect(await host.read(volume)).toBe('precious');
}

/** Either the daemon dies, or the answer to its request is lost and it keeps running. */
export type Mishap = 'death' | 'lost answer';

export interface Outcome {
  readonly moments: number;
  /** Where it happened; undefined if the script ended first. */
  readonly where: string | undefined;
}

const forever = new Promise<never>(() => undefined);

/** Runs the script with a mishap at that moment, repeats the interrupted step, and runs the rest. */
export async function runScript(
  host: CrashHost,
  mishap: Mishap,
  at: number,
  check: (story: Story) => Promise<void>,
): Promise<Outcome> {
  const story: Story = { isWritten: false };
  let moments = 0;
  let where: string | undefined;
  let died = (): void => undefined;
  const death = new Promise<'dead'>((resolve) => {
    died = () => resolve('dead');
  });
  const isMoment = (phase: string, name: string) =>
    mishap === 'death' || (phase === 'after' && /^[A-Z]/.test(name));
  const watch: EffectHook = (phase, name, detail) => {
    if (where !== undefined && mishap === 'death') return forever;
    if (!isMoment(phase, name) || ++moments !== at) return undefined;
    where = `${mishap} ${phase} ${name} ${detail.slice(0, 200)}`;
    if (mishap === 'lost answer') throw new Error(`the answer to ${name} was lost`);
    died();
    return forever;
  };
  host.restart({ watch });
  for (const { what, run } of script) {
    try {
      const isOver = where !== undefined;
      const done = run(host, story);
      const outcome = await (isOver ? done : Promise.race([done.catch(asError), death]));
      const isNow = !isOver && where !== undefined;
      if (!isNow && outcome instanceof Error) throw outcome;
      if (!isNow) continue;
      await settle(host, story, outcome === 'dead' ? 'dead' : 'alive', check);
      await run(host, story);
    } catch (error) {
      throw new Error(`After ${where}, in step ${what}: ${asError(error).message}`, { cause: error });
    }
  }
  await check(story);
  return { moments, where };
}

/** After the script: a new daemon undoes unfinished work, and its purges detach disks that have no holder. */
async function settle(
  host: CrashHost,
  story: Story,
  daemon: 'dead' | 'alive',
  check: (story: Story) => Promise<void>,
): Promise<void> {
  if (daemon === 'dead') host.restart({});
  const isThere = story.plan && (await host.backend.lookup(story.plan.name, live)) !== undefined;
  if (story.plan && isThere) await host.unstage(story.plan);
  // The list of lingering disks is in the daemon's memory.
  if (daemon === 'dead') host.restart({});
  await host.backend.purge(live);
  await host.backend.purge(live);
  await check(story);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}
