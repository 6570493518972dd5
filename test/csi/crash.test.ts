import { expect, test } from '@jest/globals';
import { mountable, refusal } from '../fakes/csi-client.ts';
import { type CsiRig, openCsiRig } from '../fakes/csi-rig.ts';
import { endingDetached } from '../fakes/ending-detached.ts';
import { createFakeHost, createFakeState, type FakeState } from '../fakes/host/fake-host.ts';
import { interceptHost } from '../fakes/intercepted-host.ts';
import { watchEffects } from '../fakes/watched-host.ts';

type Call = readonly [method: string, request: object];

const MiB = 1024 ** 2;
const sized = (size: number) => ({ capacity_range: { required_bytes: `${size * MiB}` } });
const made = (name: string, more: object): Call => [
  'CreateVolume',
  { name, volume_capabilities: [mountable], ...more },
];
const db = { volume_id: 'db' };
const staged = { ...db, staging_target_path: '/staging/db', volume_capability: mountable };
const at = (target_path: string) => ({ ...staged, target_path });

/** What an orchestrator does with a volume, from its creation to its end. */
const life: readonly Call[] = [
  made('db', sized(16)),
  ['NodeStageVolume', staged],
  ['NodePublishVolume', at('/pods/a')],
  ['NodePublishVolume', at('/pods/b')],
  ['NodeExpandVolume', { ...db, volume_path: '/pods/b', ...sized(16) }],
  ['NodeUnpublishVolume', at('/pods/a')],
  ['NodeUnpublishVolume', at('/pods/b')],
  ['NodeUnstageVolume', staged],
  ['ControllerExpandVolume', { ...db, ...sized(32) }],
  ['ControllerModifyVolume', { ...db, mutable_parameters: { noexec: 'true' } }],
  ['CreateSnapshot', { name: 'before', source_volume_id: 'db' }],
  made('copy', { ...sized(64), volume_content_source: { snapshot: { snapshot_id: 'db@before' } } }),
  ['DeleteSnapshot', { snapshot_id: 'db@before' }],
  ['DeleteVolume', { volume_id: 'copy' }],
  ['DeleteVolume', db],
];

const forever = new Promise<never>(() => undefined);

interface Death {
  /** How many moments there were, and how many calls were answered. */
  readonly moments: number;
  readonly answered: number;
}

/** Makes the calls until the daemon dies before or after an effect. Nothing of it continues. */
async function liveUntil(state: FakeState, deathAt: number): Promise<Death> {
  let moments = 0;
  let answered = 0;
  let die: () => void = () => undefined;
  const kernel = endingDetached(createFakeHost(state));
  const death = new Promise<void>((resolve) => {
    die = resolve;
  }).then(() => kernel.end());
  const watched = watchEffects(kernel.host, () => {
    moments += 1;
    if (moments === deathAt) die();
    return moments >= deathAt ? forever : undefined;
  });
  const host = interceptHost(watched, (_, run) => (moments >= deathAt ? forever : run()));
  const opening = openCsiRig({ state, host });
  const living = (async () => {
    const rig = await opening;
    for (const [method, request] of life) {
      await rig.client.call(method, request);
      answered += 1;
    }
    await rig.driver.close();
  })();
  living.catch(() => undefined);
  await Promise.race([living, death]);
  await Promise.race([opening.then((rig) => rig.hangUp()), moments >= deathAt ? tick() : forever]);
  return { moments, answered };
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

/** The call that had no answer comes again, many times at once; then everything else. */
async function liveOn(rig: CsiRig, answered: number): Promise<void> {
  const [again, ...rest] = life.slice(answered);
  if (again === undefined) return;
  const outcomes = await Promise.all(
    Array.from({ length: 4 }, () => refusal(rig.client.call(again[0], again[1]))),
  );
  expect(outcomes).toEqual(outcomes.map(() => 'OK'));
  for (const [method, request] of rest) await rig.client.call(method, request);
}

async function expectNothingLeft({ client, driver, host, state }: CsiRig): Promise<void> {
  expect((await client.call('ListVolumes')).entries).toEqual([]);
  expect((await client.call('ListSnapshots')).entries).toEqual([]);
  expect(await driver.planRecovery()).toEqual([]);
  expect(await host.files.list('/pods')).toEqual([]);
  expect(await host.mounts.below('/pods')).toEqual([]);
  expect(await host.mounts.below('/srv/mnt/holdfast')).toEqual([]);
  expect(state.loops.size).toBe(0);
}

test('after a kill before or after any effect, the repeated call and all later ones are answered', async () => {
  const whole = await liveUntil(createFakeState(), Number.POSITIVE_INFINITY);
  expect(whole.answered).toBe(life.length);
  expect(whole.moments).toBeGreaterThan(4 * life.length);
  const stride = Number(process.env.HOLDFAST_CRASH_STRIDE ?? 9);
  for (let moment = 1; moment <= whole.moments; moment += stride) {
    const state = createFakeState();
    const { answered } = await liveUntil(state, moment);
    const rig = await openCsiRig({ state });
    try {
      await liveOn(rig, answered);
      await expectNothingLeft(rig);
    } catch (error) {
      const words = error instanceof Error ? error.message : error;
      throw new Error(`Killed at moment ${moment}, in ${life[answered]?.[0]}: ${words}`, { cause: error });
    } finally {
      await rig.close();
    }
  }
});
