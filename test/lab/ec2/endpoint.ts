import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveApi, type Watch } from './api/api.ts';
import { listen } from './api/http-listener.ts';
import { type PageCutter, raggedPages } from './api/paging.ts';
import { createRequestLog, type LoggedRequest } from './api/request-log.ts';
import { createThrottle, type Throttle } from './api/throttle.ts';
import type { Account, AccountRules, Lag } from './cloud/account.ts';
import { createAttachments } from './cloud/attachments.ts';
import { createClientTokens } from './cloud/client-tokens.ts';
import { type Clock, realClock } from './cloud/clock.ts';
import { type Delays, noDelays } from './cloud/delays.ts';
import { createFaults, type Fault } from './cloud/faults.ts';
import { type Instance, type InstanceSettings, startInstance } from './cloud/instance.ts';
import { type Credentials, createKeys } from './cloud/keys.ts';
import { createRecords } from './cloud/records.ts';
import type { Machine, Snapshot, Volume } from './cloud/resources.ts';
import { addVolumes, type VolumeWish } from './cloud/seed.ts';
import { noDisks } from './disks/disks.ts';
import { loopDisks } from './disks/loop-disks.ts';

export interface Ec2Settings {
  readonly region?: string;
  /** More regions of the same account, at the same URL: the signature of a request tells which is meant. */
  readonly otherRegions?: readonly string[];
  /** Default: the region's name with a, b and c. */
  readonly zones?: readonly string[];
  /** `loop` needs root and loop devices; `none` (default) has volumes without content. */
  readonly disks?: 'loop' | 'none';
  /** Folder for disks and devices, on a file system that permits device nodes. */
  readonly folder?: string;
  readonly port?: number;
  readonly clock?: Clock;
  readonly delays?: Partial<Delays>;
  /** Milliseconds for each request; default: 0. */
  readonly latency?: () => number;
  /** Default: no limit. */
  readonly throttle?: Throttle;
  readonly rules?: Partial<AccountRules>;
  /** Default: short and empty pages at random. */
  readonly pages?: PageCutter;
  /** Called around each request, so that tests can act at that moment. */
  readonly watch?: Watch;
}

/** EC2 in one process, for tests and for users without AWS. */
export interface Ec2Endpoint {
  readonly url: string;
  readonly region: string;
  readonly zones: readonly string[];
  /** A key with all permissions. */
  readonly credentials: Credentials;
  /** A key with the given permissions, such as `ec2:Describe*`. */
  addKey(allow: readonly string[]): Credentials;
  addInstance(settings?: InstanceSettings): Promise<Instance>;
  /** Adds available volumes without any request; with disks they are blank. */
  addVolumes(wishes: readonly VolumeWish[]): Promise<readonly Volume[]>;
  /** The current volumes, without the instances' root volumes. */
  volumes(): readonly Volume[];
  /** Default: those of the first region. */
  snapshots(region?: string): readonly Snapshot[];
  /** The next `times` requests of this action fail with it; default: 1. */
  fail(action: string, fault: Fault, times?: number): void;
  /** Adds rules, in all regions. */
  rule(rules: Partial<AccountRules>): void;
  /** Undoes `fail` and `lag`. */
  heal(): void;
  /** Makes Describe show the state of some milliseconds ago. */
  lag(lag: Partial<Lag>): void;
  requests(action?: string): readonly LoggedRequest[];
  clearRequests(): void;
  /** Removes everything: devices, files, sockets and timers. A device that is still mounted disappears with its last user. */
  close(): Promise<void>;
}

export async function createEc2Endpoint(settings: Ec2Settings = {}): Promise<Ec2Endpoint> {
  const folder = await mkdtemp(join(settings.folder ?? tmpdir(), 'ec2-'));
  const account = accountsOf(settings, folder);
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
    snapshots: (of = region) => account.regions.get(of)?.snapshots.all() ?? [],
    fail: (action, fault, times = 1) => faults.add(action, fault, times),
    rule: (rules) => {
      for (const { rules: had } of account.regions.values()) Object.assign(had, rules);
    },
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

/** The first region's. All regions have the same clock and disks. */
function accountsOf(settings: Ec2Settings, folder: string): Account {
  const regions = new Map<string, Account>();
  const first = accountOf(settings, folder, regions);
  regions.set(first.region, first);
  const { zones: _, ...rest } = settings;
  for (const region of settings.otherRegions ?? []) {
    const other = accountOf({ ...rest, region, clock: first.clock }, folder, regions);
    regions.set(region, { ...other, disks: first.disks });
  }
  return first;
}

function accountOf(settings: Ec2Settings, folder: string, regions: ReadonlyMap<string, Account>): Account {
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
    ...{ regions, clock, region, zones, delays, volumes, instances, disks },
    rules: {
      quotaGib: {},
      encryptByDefault: false,
      kmsKeys: undefined,
      kmsRefusal: 'gone',
      ...settings.rules,
    },
    lag: { ...noLag },
    snapshots: createRecords<Snapshot>(clock),
    created: createClientTokens<Volume>(clock),
    pages: settings.pages ?? raggedPages(Number(process.env.HOLDFAST_SEED ?? 1)),
    attachments: createAttachments({ clock, delays, disks, volumes, instances }),
  };
}

function dataVolumes({ volumes, instances }: Account): readonly Volume[] {
  const roots = new Set(instances.all().map(({ rootVolumeId }) => rootVolumeId));
  return volumes.all().filter(({ id }) => !roots.has(id));
}
