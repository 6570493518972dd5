import { expect, test } from '@jest/globals';
import { decodeRecord } from '../../../src/backends/ebs/record/read-tags.ts';
import { createFakeCloud, type FakeCloud } from '../../fakes/ec2/fake-ec2.ts';
import { find } from '../../fakes/host/paths.ts';
import { type CrashHost, type Mishap, runScript, type Story, script } from './crash-script.ts';
import { diskOf, type EbsHost, holdersOf, openHost } from './hosts.ts';

/** Fails the test if a disk with a file system is formatted. */
function forbidReformat({ state }: EbsHost): void {
  const mkfs = state.programs.get('mkfs.ext4');
  state.programs.set('mkfs.ext4', (call) => {
    const node = find(state, call.args.at(-1) ?? '', 'follow')?.node;
    if (node?.kind === 'block-device' && node.disk.image) throw new Error('a file system was formatted');
    return mkfs?.(call) ?? { exitCode: 127, stdout: '', stderr: '' };
  });
}

async function machine(settings: Readonly<Record<string, unknown>>) {
  const cloud = createFakeCloud();
  const on = await openHost(cloud, 'i-a', { settings });
  forbidReformat(on);
  const host: CrashHost = {
    ...on,
    get backend() {
      return on.backend;
    },
    restart: (parts) => on.restart({ settings, ...parts }),
    advance: (milliseconds) => {
      on.state.clock.now += milliseconds;
    },
  };
  return { cloud, on, host };
}

/** Checks what must be true after two purges. */
async function assertWhole(cloud: FakeCloud, { plan, isWritten }: Story): Promise<void> {
  for (const { id, tags, attachments, disk } of cloud.volumes.values()) {
    expect({ id, record: decodeRecord(tags) }).toMatchObject({ record: { value: { volume: plan } } });
    expect({ id, attachments }).toEqual({ id, attachments: [] });
    if (isWritten) expect(disk.image).toBeDefined();
  }
  expect(cloud.volumes.size).toBeLessThanOrEqual(1);
}

async function runAt(mishap: Mishap, at: number, settings: Readonly<Record<string, unknown>>) {
  const { cloud, on, host } = await machine(settings);
  const outcome = await runScript(host, mishap, at, (story) => assertWhole(cloud, story));
  const { where } = outcome;
  // `where` is compared only so that a failure prints it.
  expect({ where, volumes: cloud.volumes.size }).toEqual({ where, volumes: 0 });
  expect(await on.host.mounts.below('/srv/mnt')).toEqual([]);
  return outcome;
}

test.each<[Mishap, Readonly<Record<string, unknown>>]>([
  ['death', {}],
  ['death', { linger: '1h' }],
  ['lost answer', {}],
])(
  'after a %s (%j) before or after any request or effect, every volume exists once, with all its data',
  async (mishap, settings) => {
    const { moments } = await runAt(mishap, Number.POSITIVE_INFINITY, settings);
    expect(moments).toBeGreaterThan(3 * script.length);
    for (let at = 1; at <= moments; at++) await runAt(mishap, at, settings);
  },
);

test('after a kill at any moment of a take-over, the next daemon completes it, and nobody else has the volume', async () => {
  for (let at = 1, isDead = true; isDead; at++) {
    const cloud = createFakeCloud();
    const a = await openHost(cloud, 'i-a');
    const volume = await a.create('db');
    await a.stage(volume);
    await a.write(volume, 'precious');
    a.state.reboot();
    cloud.setMachineState('i-a', 'stopped');
    const b = await openHost(cloud, 'i-b');
    isDead = await diesAt(b, at, () => b.stage(volume));
    await b.unstage(volume);
    await b.stage(volume);
    expect(await b.read(volume)).toBe('precious');
    expect(holdersOf(cloud, volume)).toEqual(['i-b attached']);
    expect(b.acts.length).toBeGreaterThan(0);
    expect(b.acts.every(({ act }) => act === 'take-over')).toBe(true);
    expect(diskOf(cloud).attachments).toHaveLength(1);
  }
});

/** Whether the daemon died before the work was done; if so, another one has been started. */
async function diesAt(host: EbsHost, at: number, work: () => Promise<void>): Promise<boolean> {
  let moments = 0;
  const death = new Promise<'dead'>((resolve) => {
    host.restart({
      watch: () => {
        if (++moments < at) return undefined;
        resolve('dead');
        return new Promise<never>(() => undefined);
      },
    });
  });
  const outcome = await Promise.race([work(), death]);
  host.restart({});
  return outcome === 'dead';
}
