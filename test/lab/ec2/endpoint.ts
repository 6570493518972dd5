import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account, AccountRules, Lag } from './account.ts';
import { serveApi, type Watch } from './api.ts';
import { createAttachments } from './attachments.ts';
import { createClientTokens } from './client-tokens.ts';
import { type Clock, realClock } from './clock.ts';
import { type Delays, noDelays } from './delays.ts';
import { noDisks } from './disks/disks.ts';
import { loopDisks } from './disks/loop-disks.ts';
import { createFaults, type Fault } from './faults.ts';
import { listen } from './http-listener.ts';
import { type Instance, type InstanceSettings, startInstance } from './instance.ts';
import { type Credentials, createKeys } from './keys.ts';
import { createRecords } from './records.ts';
import { createRequestLog, type LoggedRequest } from './request-log.ts';
import type { Machine, Snapshot, Volume } from './resources.ts';
import { addVolumes, type VolumeWish } from './seed.ts';
import { createThrottle, type Throttle } from './throttle.ts';

export interface Ec2Settings {
  readonly region?: string;
  /** The region's name with a, b and c unless told. */
  readonly zones?: readonly string[];
  /** `loop` needs root and loop devices; `none`, which is the default, has volumes without content. */
  readonly disks?: 'loop' | 'none';
  /** Where disks and the instances' devices are: on a file system that lets device nodes work. */
  readonly folder?: string;
  readonly port?: number;
  readonly clock?: Clock;
  readonly delays?: Partial<Delays>;
  /** Milliseconds for each request, drawn anew; none unless told. */
  readonly latency?: () => number;
  /** No limit unless told. */
  readonly throttle?: Throttle;
  readonly rules?: Partial<AccountRules>;
  /** Called around each request: for a test that stops somebody at that very moment. */
  readonly watch?: Watch;
}

/** EC2 in one process: what tests and people without AWS talk to. */
export interface Ec2Endpoint {
  readonly url: string;
  readonly region: string;
  readonly zones: readonly string[];
  /** A key that may do everything. */
  readonly credentials: Credentials;
  /** A key that may do what is named, such as `ec2:Describe*`. */
  addKey(allow: readonly string[]): Credentials;
  addInstance(settings?: InstanceSettings): Promise<Instance>;
  /** Available volumes that were there before, without any request; with disks they are blank. */
  addVolumes(wishes: readonly VolumeWish[]): Promise<readonly Volume[]>;
  /** As they are now, without the instances' root volumes. */
  volumes(): readonly Volume[];
  snapshots(): readonly Snapshot[];
  /** The next so many requests of this action meet it; one unless told. */
  fail(action: string, fault: Fault, times?: number): void;
  /** Takes back what `fail` and `lag` said. */
  heal(): void;
  /** From now on a Describe shows what was so many milliseconds ago. */
  lag(lag: Partial<Lag>): void;
  requests(action?: string): readonly LoggedRequest[];
  clearRequests(): void;
  /** Nothing is left: no device, file, socket or timer. What is still mounted goes with its last user. */
  close(): Promise<void>;
}

export async function createEc2Endpoint(settings: Ec2Settings = {}): Promise<Ec2Endpoint> {
  const folder = await mkdtemp(join(settings.folder ?? tmpdir(), 'ec2-'));
  const account = accountOf(settings, folder);
  const { clock, region, zones } = account;
  const parts = { account, keys: createKeys(), faults: createFaults(), log: createRequestLog(clock) };
  const { keys, faults, log } = parts;
  const admit = settings.throttle ? createThrottle(clock, settings.throttle) : () => true;
  const { latency = () => 0, watch = () => undefined } = settings;
  const listener = await listen(serveApi({ ...parts, admit, latency, watch }), settings.port);
  const instances: Instance[] = [];
  return {
    url: listener.url,
    region,
    zones,
    credentials: keys.issue('lab-admin/all', ['*'], false).credentials,
    addKey: (allow) => keys.issue('lab-user/some', allow, false).credentials,
    addInstance: async (wish = {}) => {
      const instance = await startInstance(account, keys, join(folder, 'instances'), wish);
      instances.push(instance);
      return instance;
    },
    addVolumes: (wishes) => addVolumes(account, wishes),
    volumes: () => dataVolumes(account),
    snapshots: () => account.snapshots.all(),
    fail: (action, fault, times = 1) => faults.add(action, fault, times),
    heal: () => {
      faults.clear();
      Object.assign(account.lag, noLag);
    },
    lag: (lag) => Object.assign(account.lag, lag),
    requests: log.requests,
    clearRequests: log.clear,
    close: async () => {
      await listener.close();
      await clock.stop();
      await account.disks.close();
      for (const instance of instances) await instance.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const noLag: Lag = { reads: 0, tagIndex: 0 };

function accountOf(settings: Ec2Settings, folder: string): Account {
  const {
    clock = realClock(),
    region = 'eu-central-1',
    zones = ['a', 'b', 'c'].map((zone) => region + zone),
  } = settings;
  const disks = settings.disks === 'loop' ? loopDisks(join(folder, 'disks')) : noDisks();
  const delays = { ...noDelays, ...settings.delays };
  const volumes = createRecords<Volume>(clock);
  const instances = createRecords<Machine>(clock);
  return {
    ...{ clock, region, zones, delays, volumes, instances, disks },
    rules: { quotaGib: {}, encryptByDefault: false, kmsKeys: undefined, ...settings.rules },
    lag: { ...noLag },
    snapshots: createRecords<Snapshot>(clock),
    created: createClientTokens<Volume>(clock),
    attachments: createAttachments({ clock, delays, disks, volumes, instances }),
  };
}

function dataVolumes({ volumes, instances }: Account): readonly Volume[] {
  const roots = new Set(instances.all().map(({ rootVolumeId }) => rootVolumeId));
  return volumes.all().filter(({ id }) => !roots.has(id));
}
