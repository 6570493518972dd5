import { describe, expect, test } from '@jest/globals';
import type { Attachments } from '../../../../src/backends/backend.ts';
import type { Volume } from '../../../../src/core/volume.ts';
import { VolumeError } from '../../../../src/core/volume-error.ts';
import { createFakeCloud, type FakeCloud } from '../../../fakes/ec2/fake-ec2.ts';
import type { AroundEc2 } from '../../../fakes/ec2/intercepted.ts';
import { diskOf, type EbsHost, holdersOf, live, openHost } from '../hosts.ts';

const forever = new Promise<never>(() => undefined);

interface Scene {
  readonly cloud: FakeCloud;
  readonly controller: EbsHost;
  readonly node: EbsHost;
  readonly db: Volume;
}

async function openScene(): Promise<Scene> {
  const cloud = createFakeCloud();
  const controller = await openHost(cloud, 'i-c');
  const node = await openHost(cloud, 'i-a');
  return { cloud, controller, node, db: await controller.create('db') };
}

const of = ({ backend: { attachments } }: EbsHost): Attachments => {
  if (attachments.kind === 'none') throw new Error('EBS has them');
  return attachments;
};
const patient = () => {
  const ending = new AbortController();
  return {
    signal: ending.signal,
    onPause: (now: number) => {
      if (now > 3_600_000) ending.abort();
    },
  };
};

/** What may happen at once: the node mounts the volume, such as for Docker, while a controller elsewhere attaches or detaches it. */
const acts = {
  mount: ({ node, db }: Scene) => node.stage(db),
  attach: ({ controller, db }: Scene, signal = live) => of(controller).attach(db, 'i-a', signal),
  detach: ({ controller, db }: Scene, signal = live) => of(controller).detach(db, 'i-a', signal),
} as const;
type Act = keyof typeof acts;

/** A refusal is an outcome, too. */
const outcome = (work: Promise<void>) =>
  work.then(
    () => 'done' as const,
    (error) => {
      if (error instanceof VolumeError) return error;
      throw error;
    },
  );

interface Course {
  readonly scene: Scene;
  /** Moments of `first`, each before or after one of its requests to EC2. */
  readonly moments: number;
  readonly first: 'done' | 'killed' | VolumeError;
  readonly second: 'done' | VolumeError | undefined;
}

/** Does all of `second` at one moment of `first`, whose daemon lives for a number of moments more. */
async function runBoth(
  before: readonly Act[],
  first: Act,
  second: Act,
  at: number,
  more: number,
): Promise<Course> {
  const scene = await openScene();
  for (const act of before) await acts[act](scene);
  const { signal, onPause } = patient();
  const idle = first === 'mount' ? scene.controller : scene.node;
  let moments = 0;
  let other: Course['second'];
  let die: (reason: 'killed') => void = () => undefined;
  const death = new Promise<'killed'>((resolve) => {
    die = resolve;
  });
  const pass = async () => {
    moments += 1;
    if (moments === at) {
      const parts = patient();
      idle.restart({ onPause: parts.onPause });
      other = await outcome(acts[second](scene, parts.signal));
    }
    if (moments < at + more) return;
    die('killed');
    await forever;
  };
  const around: AroundEc2 = async (_, run) => {
    await pass();
    const answer = await run();
    await pass();
    return answer;
  };
  const busy = first === 'mount' ? scene.node : scene.controller;
  busy.restart({ around, onPause });
  const ended = await Promise.race([outcome(acts[first](scene, signal)), death]);
  busy.restart({});
  return { scene, moments, first: ended, second: other };
}

/** The node's mount ends well, maybe when it is repeated, and from then on only the node detaches. */
async function requireOwn(
  { scene: { cloud, controller, node, db } }: Course,
  isMounted: boolean,
): Promise<void> {
  const attachedAs = async () => {
    await node.purge();
    // A claim that came too late is dropped by the next round.
    return { holders: holdersOf(cloud, db), claim: diskOf(cloud, db).tags['holdfast:published'] };
  };
  if (!isMounted) await node.stage(db);
  await node.write(db, 'dear');
  expect(await attachedAs()).toEqual({ holders: ['i-a attached'], claim: undefined });
  await expect(of(controller).detach(db, 'i-a', live)).rejects.toMatchObject({ code: 'in-use' });
  expect(await attachedAs()).toEqual({ holders: ['i-a attached'], claim: undefined });
  expect(await node.read(db)).toBe('dear');
  await node.unstage(db);
  await of(controller).detach(db, 'i-a', live);
  expect(holdersOf(cloud, db)).toEqual([]);
}

describe.each([
  ['dies at once', 0],
  ['dies a moment later', 1],
  ['goes on', Number.POSITIVE_INFINITY],
])('a daemon that %s', (_, more) => {
  test.each<readonly [Act, Act, readonly Act[]]>([
    ['mount', 'attach', []],
    ['mount', 'attach', ['attach']],
    ['mount', 'detach', ['attach']],
    ['mount', 'detach', []],
    ['attach', 'mount', []],
    ['attach', 'mount', ['attach']],
    ['detach', 'mount', ['attach']],
    ['detach', 'mount', ['attach', 'mount']],
  ])('in the middle of a %s, beside a whole %s (after %j), loses no mount', async (first, second, before) => {
    const { moments } = await runBoth(before, first, second, Number.POSITIVE_INFINITY, more);
    expect(moments).toBeGreaterThan(1);
    for (let at = 1; at <= moments; at++) {
      const course = await runBoth(before, first, second, at, more);
      const { scene } = course;
      const isMounted = (first === 'mount' ? course.first : course.second) === 'done';
      try {
        // Asked of EC2 itself: a detach of a mounted disk would leave it busy.
        if (isMounted) expect(holdersOf(scene.cloud, scene.db)).toEqual(['i-a attached']);
        else expect(holdersOf(scene.cloud, scene.db).join()).not.toContain('busy');
        await requireOwn(course, isMounted);
      } catch (error) {
        throw new Error(`moment ${at}: ${course.first}, ${course.second}`, { cause: error });
      }
    }
  });
});
