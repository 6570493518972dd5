import type {
  Attachment,
  Disk,
  DiskType,
  Filters,
  Instance,
  Modification,
  Snapshot,
  Tags,
} from '../../../src/backends/ebs/ec2/ec2.ts';
import { createFakeDisk } from '../host/disks.ts';
import { type FakeState, isInUse } from '../host/state.ts';
import type { FakeDisk } from '../host/tree.ts';
import { plugInto } from './plug.ts';

/** An AWS account in memory, which survives all daemons. A change takes no time, but completes after a number of looks. */
export interface FakeCloud {
  readonly region: string;
  /** The same account in each region, this one included. */
  readonly regions: Map<string, FakeCloud>;
  readonly zones: readonly string[];
  readonly volumes: Map<string, FakeVolume>;
  readonly machines: Map<string, FakeMachine>;
  readonly snapshots: Map<string, FakeSnapshot>;
  /** Answers by client token: EC2 repeats them for hours, even if the volume no longer exists. */
  readonly tokens: Map<string, { readonly request: string; readonly answer: Disk }>;
  readonly faults: CloudFault[];
  /** Quotas; a test may lower them. */
  readonly limits: { volumes: number; attachments: number; snapshots: number; copies: number };
  /** Milliseconds since the epoch; only the rule about the number of modifications, and times in answers, follow it. */
  readonly time: { now: number };
  /** Actions that the role forbids; only dry runs check them. */
  readonly forbidden: Set<string>;
  /** Usable KMS keys (undefined: all), and the fate of a volume with another key. */
  kms: { readonly keys: readonly string[] | undefined; readonly refusal: 'gone' | 'error' };
  /** The number of looks after which a change of a volume's state is complete. */
  looks: number;
  /** All requests so far, such as `AttachVolume vol-1 i-2`. */
  readonly log: string[];

  /** Adds an instance; attached volumes appear in `host`. */
  addMachine(id: string, more?: Partial<FakeMachine>): FakeMachine;
  /** Adds an available volume of someone else, such as REX-Ray, with the content of `disk`. */
  addVolume(more?: Partial<FakeVolume>): FakeVolume;
  /** A terminated instance releases its volumes; a stopped one keeps them. */
  setMachineState(id: string, state: Instance['state']): void;
  /** Makes the next request of this action whose detail contains `about` reject without effect. */
  failNext(action: string, error: Error, about?: string): void;
  /** Makes the next such request reject after its effect, as if its answer were lost. */
  loseAnswer(action: string, error: Error, about?: string): void;
  newId(prefix: string): string;
  /** Counts a look at the volume. */
  look(volume: FakeVolume): void;
}

export interface FakeVolume {
  readonly id: string;
  state: Disk['state'];
  sizeGiB: number;
  type: DiskType;
  iops?: number;
  throughput?: number;
  encrypted: boolean;
  kmsKeyId?: string;
  zone: string;
  snapshotId?: string;
  tags: Tags;
  attachments: Attachment[];
  isMultiAttach?: true;
  /** The volume's content. */
  readonly disk: FakeDisk;
  /** The number of looks until the change of its state is complete. */
  looksLeft: number;
  /** True: the change never completes. */
  isStuck: boolean;
  /** Removes it from its machine. */
  unplug?: () => void;
  modification?: Modification;
  /** When its modifications began. */
  readonly modified: number[];
  /** Looks at its modification until the next state. */
  modificationLooks: number;
  /** True: its modification does not go on. */
  isModificationStuck?: true;
}

export interface FakeMachine {
  readonly id: string;
  state: Instance['state'];
  zone: string;
  type: string;
  readonly host: FakeState | undefined;
  names: readonly string[];
  startedAt: number;
  /** The kernel's naming of disks. */
  readonly naming: 'xen' | 'nvme';
}

export interface FakeSnapshot extends Snapshot {
  state: Snapshot['state'];
  progress: number;
  tags: Tags;
  readonly disk: FakeDisk;
  /** Looks until it is complete. */
  looksLeft: number;
}

interface CloudFault {
  readonly action: string;
  readonly about: string;
  readonly error: Error;
  readonly when: 'before' | 'after';
}

const gibibyte = 1024 ** 3;

/** `sister`: the same account in another region. */
export function createFakeCloud(
  zones: readonly string[] = ['eu-test-1a', 'eu-test-1b'],
  sister?: FakeCloud,
): FakeCloud {
  let next = 1;
  const cloud: FakeCloud = {
    region: (zones[0] ?? '').slice(0, -1),
    regions: sister?.regions ?? new Map(),
    zones,
    volumes: new Map(),
    machines: new Map(),
    snapshots: new Map(),
    tokens: new Map(),
    faults: [],
    limits: { volumes: 1000, attachments: 27, snapshots: 1000, copies: 20 },
    time: sister?.time ?? { now: Date.parse('2026-01-01T00:00:00Z') },
    forbidden: new Set(),
    kms: { keys: undefined, refusal: 'gone' },
    looks: 1,
    log: [],
    newId: (prefix) => sister?.newId(prefix) ?? `${prefix}-${(next++).toString(16).padStart(17, '0')}`,
    addMachine(id, more = {}) {
      const zone = zones[0] ?? '';
      const plain = {
        id,
        state: 'running',
        zone,
        type: 'm5.large',
        host: undefined,
        naming: 'nvme',
        names: [
          `ip-10-0-0-${cloud.machines.size}.test`,
          `ip-10-0-0-${cloud.machines.size}`,
          `10.0.0.${cloud.machines.size}`,
        ],
        startedAt: 0,
      } as const;
      const machine: FakeMachine = { ...plain, ...more };
      cloud.machines.set(id, machine);
      return machine;
    },
    addVolume(more = {}) {
      const sizeGiB = more.sizeGiB ?? 1;
      const volume: FakeVolume = {
        id: cloud.newId('vol'),
        state: 'available',
        sizeGiB,
        type: 'gp3',
        encrypted: false,
        zone: zones[0] ?? '',
        tags: {},
        attachments: [],
        disk: createFakeDisk(sizeGiB * gibibyte),
        looksLeft: 0,
        isStuck: false,
        modified: [],
        modificationLooks: 0,
        ...more,
      };
      cloud.volumes.set(volume.id, volume);
      return volume;
    },
    setMachineState(id, state) {
      const machine = cloud.machines.get(id);
      if (machine) machine.state = state;
      if (state !== 'terminated') return;
      for (const volume of cloud.volumes.values()) {
        if (volume.attachments.some(({ instanceId }) => instanceId === id)) letGo(volume);
      }
    },
    failNext: (action, error, about = '') => void cloud.faults.push({ action, about, error, when: 'before' }),
    loseAnswer: (action, error, about = '') =>
      void cloud.faults.push({ action, about, error, when: 'after' }),
    look: (volume) => settle(cloud, volume),
  };
  cloud.regions.set(cloud.region, cloud);
  return cloud;
}

/** Completes a change after enough looks. */
function settle(cloud: FakeCloud, volume: FakeVolume): void {
  if (volume.isStuck || volume.looksLeft-- > 0) return;
  volume.looksLeft = 0;
  if (volume.state === 'creating') endCreation(cloud, volume);
  const [attachment] = volume.attachments;
  if (attachment?.state === 'attaching') {
    volume.attachments = [{ ...attachment, state: 'attached' }];
    const machine = cloud.machines.get(attachment.instanceId);
    const host = machine?.host;
    if (machine && host) volume.unplug = plugInto(host, machine.naming, attachment.device, volume);
  }
  if (attachment?.state !== 'detaching' && attachment?.state !== 'busy') return;
  // A running guest does not release a mounted volume.
  const holder = cloud.machines.get(attachment.instanceId);
  const host = holder?.state === 'running' ? holder.host : undefined;
  const isMounted = host !== undefined && volume.disk.image !== undefined && isInUse(host, volume.disk.image);
  if (isMounted) volume.attachments = [{ ...attachment, state: 'busy' }];
  else letGo(volume);
}

/** EC2 accepts an unusable key, and the volume fails a moment later. */
function endCreation({ kms, volumes }: FakeCloud, volume: FakeVolume): void {
  const { kmsKeyId } = volume;
  const isUsable = kmsKeyId === undefined || kms.keys === undefined || kms.keys.includes(kmsKeyId);
  if (!isUsable && kms.refusal === 'gone') volumes.delete(volume.id);
  else volume.state = isUsable ? 'available' : 'error';
}

function letGo(volume: FakeVolume): void {
  volume.unplug?.();
  delete volume.unplug;
  volume.attachments = [];
  volume.state = 'available';
}

export function diskOf(volume: FakeVolume): Disk {
  const { disk: _, looksLeft: _looks, isStuck: _stuck, unplug: _unplug, ...more } = volume;
  const {
    modification: _m,
    modified: _times,
    modificationLooks: _left,
    isModificationStuck: _s,
    ...rest
  } = more;
  return { ...rest, tags: { ...volume.tags }, attachments: [...volume.attachments] };
}

/** Like EC2's filters: each filter matches if one of its values does. */
export function fits(volume: FakeVolume, filters: Filters): boolean {
  return Object.entries(filters).every(([name, values]) =>
    valuesOf(volume, name).some((value) => values.includes(value)),
  );
}

function valuesOf(volume: FakeVolume, name: string): readonly string[] {
  if (name.startsWith('tag:')) return [volume.tags[name.slice(4)] ?? []].flat();
  const known: Readonly<Record<string, readonly string[]>> = {
    status: [volume.state],
    'volume-id': [volume.id],
    'availability-zone': [volume.zone],
    'tag-key': Object.keys(volume.tags),
    'attachment.instance-id': volume.attachments.map(({ instanceId }) => instanceId),
    'attachment.status': volume.attachments.map(({ state }) => state),
    'attachment.device': volume.attachments.map(({ device }) => device),
  };
  const values = known[name];
  if (values === undefined) throw new Error(`the fake cloud has no filter ${name}`);
  return values;
}
