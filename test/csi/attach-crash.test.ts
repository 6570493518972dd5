import { expect, test } from '@jest/globals';
import { defineEbs } from '../../src/backends/ebs/definition.ts';
import { mountable, refusal } from '../fakes/csi-client.ts';
import { type CsiRig, openCsiRig } from '../fakes/csi-rig.ts';
import { createFakeCloud, createFakeEc2, type FakeCloud } from '../fakes/ec2/fake-ec2.ts';
import { interceptEc2 } from '../fakes/ec2/intercepted.ts';
import { createFakeState, type FakeState } from '../fakes/host/fake-host.ts';

const forever = new Promise<never>(() => undefined);
const at = { volume_id: 'db', staging_target_path: '/staging/db', target_path: '/pods/a' };
const mounted = { ...at, volume_capability: mountable };
const node_id = 'i-a';

/** What an orchestrator does with a volume of EBS, by the daemon of the controller or of the node. */
const life: readonly (readonly ['controller' | 'node', string, object])[] = [
  ['controller', 'CreateVolume', { name: 'db', volume_capabilities: [mountable] }],
  ['controller', 'ControllerPublishVolume', { volume_id: 'db', node_id, volume_capability: mountable }],
  ['node', 'NodeStageVolume', mounted],
  ['node', 'NodePublishVolume', mounted],
  ['node', 'NodeUnpublishVolume', at],
  ['node', 'NodeUnstageVolume', at],
  ['controller', 'ControllerUnpublishVolume', { volume_id: 'db', node_id }],
  ['controller', 'DeleteVolume', { volume_id: 'db' }],
];

interface Machines {
  readonly cloud: FakeCloud;
  readonly states: Readonly<Record<'controller' | 'node', FakeState>>;
}

function createMachines(): Machines {
  const cloud = createFakeCloud();
  const states = { controller: createFakeState(), node: createFakeState() };
  states.node.next.id = 0x10000;
  cloud.addMachine('i-c', { host: states.controller });
  cloud.addMachine(node_id, { host: states.node });
  return { cloud, states };
}

/** Both daemons; `around` is called before and after each change in EC2. */
async function openBoth({ cloud, states }: Machines, around: () => Promise<void>) {
  const open = (state: FakeState, instanceId: string) => {
    let now = 0;
    const sleep = async (milliseconds: number) => {
      now += milliseconds;
    };
    const ec2 = interceptEc2(createFakeEc2(cloud), async ({ action }, run) => {
      if (action.startsWith('Describe')) return run();
      await around();
      const answer = await run();
      await around();
      return answer;
    });
    const definition = defineEbs({
      ec2: async () => ec2,
      whereabouts: async () => ({ region: 'eu-test-1', zone: 'eu-test-1a', instanceId }),
      clock: { now: () => now, sleep },
    });
    return openCsiRig({ state, definition, settings: { onRemove: 'delete' } });
  };
  return { controller: await open(states.controller, 'i-c'), node: await open(states.node, node_id) };
}

type Both = Readonly<Record<'controller' | 'node', CsiRig>>;

/** Makes the calls until both daemons die at the change. Returns how many were answered, and how many moments there were. */
async function liveUntil(machines: Machines, deathAt: number) {
  let moments = 0;
  let answered = 0;
  let die: () => void = () => undefined;
  const death = new Promise<void>((resolve) => {
    die = resolve;
  });
  const both: Both = await openBoth(machines, async () => {
    moments += 1;
    if (moments >= deathAt) {
      die();
      await forever;
    }
  });
  const living = (async () => {
    for (const [by, method, request] of life) {
      await both[by].client.call(method, request);
      answered += 1;
    }
  })();
  try {
    await Promise.race([living, death]);
  } finally {
    living.catch(() => undefined);
    // A killed daemon answers nothing any more, so nothing waits for its calls.
    void both.controller.hangUp();
    void both.node.hangUp();
  }
  return { moments, answered };
}

test('after a kill before or after any change in EC2, the repeated call and all later ones are answered', async () => {
  const whole = await liveUntil(createMachines(), Number.POSITIVE_INFINITY);
  expect(whole.answered).toBe(life.length);
  expect(whole.moments).toBeGreaterThan(10);
  for (let moment = 1; moment <= whole.moments; moment++) {
    const machines = createMachines();
    const { answered } = await liveUntil(machines, moment);
    const both: Both = await openBoth(machines, async () => undefined);
    try {
      for (const [by, method, request] of life.slice(answered)) {
        const calls = [1, 2].map(() => refusal(both[by].client.call(method, request)));
        expect([moment, method, ...(await Promise.all(calls))]).toEqual([moment, method, 'OK', 'OK']);
      }
      // A removal that was interrupted is completed by the next purge.
      const left = [...machines.cloud.volumes.values()];
      expect(left.filter(({ tags }) => tags['holdfast:state'] !== 'removed')).toEqual([]);
      expect(left.flatMap(({ attachments }) => attachments)).toEqual([]);
      expect(await both.node.driver.planRecovery()).toEqual([]);
    } finally {
      await both.controller.close();
      await both.node.close();
    }
  }
});
