import type { Backend } from '../../../src/backends/backend.ts';
import type { Clock } from '../../../src/backends/ebs/clock.ts';
import { defineEbs } from '../../../src/backends/ebs/definition.ts';
import type { EbsSurroundings } from '../../../src/backends/ebs/surroundings.ts';
import type { AuditedAct } from '../../../src/core/audit.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import type { Options, Volume } from '../../../src/core/volume.ts';
import type { Witness } from '../../../src/core/witness.ts';
import type { Host } from '../../../src/host/host.ts';
import type { FakeMachine } from '../../fakes/ec2/cloud.ts';
import { createFakeEc2, type FakeCloud } from '../../fakes/ec2/fake-ec2.ts';
import { type AroundEc2, interceptEc2 } from '../../fakes/ec2/intercepted.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { openBackend } from '../../fakes/open-backend.ts';
import { type EffectHook, watchEffects } from '../../fakes/watched-host.ts';

const zones = ['eu-test-1a', 'eu-test-1b'] as const;
const mounts = '/srv/mnt';

export interface HostParts {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly witnesses?: readonly Witness[];
  readonly around?: AroundEc2;
  readonly machine?: Partial<FakeMachine>;
  /** Called around each request and each effect on the host. If it throws after a request, the answer is lost. */
  readonly watch?: EffectHook;
  /** Called after each pause of the daemon, with the milliseconds since the start. */
  readonly onPause?: (now: number) => void | Promise<void>;
}

/** An EC2 instance that runs Holdfast, in a cloud with other instances. */
export interface EbsHost {
  readonly id: string;
  readonly state: FakeState;
  readonly host: Host;
  readonly acts: readonly AuditedAct[];
  readonly events: readonly string[];
  /** Advances the time while its daemon does nothing. */
  pass(milliseconds: number): Promise<void>;
  /** The milliseconds that its daemons have waited in total. */
  waited(): number;
  readonly backend: Backend;
  /** Kills the daemon and starts another one. */
  restart(parts?: HostParts): void;
  create(name: string, options?: Options): Promise<Volume>;
  stage(volume: Volume, signal?: AbortSignal): Promise<void>;
  unstage(volume: Volume): Promise<void>;
  mountpoint(volume: Volume): string;
  /** Writes through the staged mount. */
  write(volume: Volume, text: string): Promise<void>;
  read(volume: Volume): Promise<string | undefined>;
  purge(): Promise<void>;
}

export const live = new AbortController().signal;

export async function openHost(cloud: FakeCloud, id: string, parts: HostParts = {}): Promise<EbsHost> {
  const state = createFakeState();
  const machine = cloud.addMachine(id, { host: state, ...parts.machine });
  // Each host assigns different volume IDs.
  state.next.id = cloud.machines.size * 0x10000;
  const host = createFakeHost(state);
  await host.files.makeDirectory(mounts);
  const acts: AuditedAct[] = [];
  const events: string[] = [];
  let now = 0;
  const start = (with_: HostParts): Backend => {
    const clock: Clock = {
      now: () => now,
      async sleep(milliseconds) {
        now += milliseconds;
        await with_.onPause?.(now);
      },
    };
    const { watch } = with_;
    const connect = (to: FakeCloud) => {
      const plain = createFakeEc2(to);
      const ec2 = watch === undefined ? plain : interceptEc2(plain, watching(watch));
      return with_.around ? interceptEc2(ec2, with_.around) : ec2;
    };
    const ec2 = connect(cloud);
    const surroundings: EbsSurroundings = {
      ec2: async () => ec2,
      ec2In: async (region) => {
        const there = cloud.regions.get(region);
        if (there === undefined) throw new Error(`the test has no region ${region}`);
        return connect(there);
      },
      whereabouts: async () => ({ region: cloud.region, zone: machine.zone, instanceId: id }),
      clock,
    };
    const witnesses = new Map((with_.witnesses ?? []).map((witness, index) => [`w${index}`, witness]));
    return openBackend(defineEbs(surroundings), {
      driver: 'ebs',
      settings: { witnesses: [...witnesses.keys()], ...with_.settings },
      defaults: {},
      profiles: {},
      host: watch === undefined ? host : watchEffects(host, watch),
      workDir: '/srv/work',
      witnesses,
      log: { enabled: () => true, write: (_, event) => void events.push(event) },
      audit: (act) => void acts.push(act),
    });
  };
  let backend = start(parts);
  const mountpoint = (volume: Volume) => `${mounts}/${volume.name}`;
  const file = (volume: Volume) => `${mountpoint(volume)}/file`;
  return {
    id,
    state,
    host,
    acts,
    events,
    pass: async (milliseconds) => {
      now += milliseconds;
    },
    waited: () => now,
    get backend() {
      return backend;
    },
    restart(again = parts) {
      backend = start(again);
    },
    create: (name, options = {}) =>
      backend.create(backend.plan(parseVolumeName(name), { size: '1', ...options }), live),
    async stage(volume, signal = live) {
      const state = await host.mounts.at(mountpoint(volume));
      if (state.kind === 'missing') await host.files.makeMountpoint(mountpoint(volume));
      await backend.stage(volume, mountpoint(volume), signal);
    },
    unstage: (volume) => backend.unstage(volume, mountpoint(volume), live),
    mountpoint,
    write: async (volume, text) => void (await host.files.writeText(file(volume), text, 'replace')),
    read: (volume) => host.files.readText(file(volume)),
    purge: async () => void (await backend.purge(live)),
  };
}

/** Announces requests like effects on the host. */
export function watching(watch: EffectHook): AroundEc2 {
  return async ({ action, detail }, run) => {
    await watch('before', action, detail);
    const answer = await run();
    await watch('after', action, detail);
    return answer;
  };
}

export const otherZone: string = zones[1];

/** The EBS volume of this volume; without one, the only EBS volume in the cloud. */
export function diskOf(cloud: FakeCloud, volume?: Volume) {
  const found = [...cloud.volumes.values()].filter(
    ({ tags }) => volume === undefined || tags['holdfast:id'] === volume.id,
  );
  const [disk] = found;
  if (disk === undefined || found.length > 1) throw new Error(`there are ${found.length} such disks`);
  return disk;
}

/** The instances that have the volume's disk, each with the state of the attachment. */
export function holdersOf(cloud: FakeCloud, volume: Volume): readonly string[] {
  return diskOf(cloud, volume).attachments.map(({ instanceId, state }) => `${instanceId} ${state}`);
}

export function effects(cloud: FakeCloud): readonly string[] {
  return cloud.log.filter((entry) => !entry.startsWith('Describe')).map((entry) => entry.split(' ')[0] ?? '');
}
