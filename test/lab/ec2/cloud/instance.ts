import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { serveMetadata } from '../metadata.ts';
import { type Account, newId } from './account.ts';
import { attachLimit, instanceTypes } from './instance-types.ts';
import type { Keys } from './keys.ts';
import type { InstanceState, Machine, Volume } from './resources.ts';

export interface InstanceSettings {
  readonly zone?: string;
  /** One of instance-types.ts; it decides between Xen's device names and NVMe. */
  readonly type?: string;
  /** How many EBS volumes it supports, including the root volume; default: AWS's limit for the type. */
  readonly attachLimit?: number;
  readonly hopLimit?: number;
  /** The permissions of its role; default: everything. */
  readonly allow?: readonly string[];
}

/** A simulated instance. */
export interface Instance {
  readonly id: string;
  readonly zone: string;
  /** URL of its metadata service, for AWS_EC2_METADATA_SERVICE_ENDPOINT. */
  readonly imdsUrl: string;
  /** Its root directory for devices: `dev/…`, `sys/block/…` and `sys/dev/block/…` below. */
  readonly folder: string;
  /** A power failure or a reset: its devices disappear at once, even in use, and EC2 does not notice. */
  powerFails(): Promise<void>;
  /** What EC2 has attached appears again, unless EC2 has the instance as stopped. */
  powerReturns(): Promise<void>;
  /** `gone` follows some time after `terminated`: the ID is no longer known. */
  setState(state: InstanceState | 'gone'): Promise<void>;
  /** Network hops to the metadata service for later requests; initially 1. */
  setHops(hops: number): void;
  close(): Promise<void>;
}

export async function startInstance(
  account: Account,
  keys: Keys,
  parent: string,
  settings: InstanceSettings,
): Promise<Instance> {
  const machine = machineOf(account, parent, settings);
  await mkdir(join(machine.folder, 'dev'), { recursive: true });
  account.instances.put(machine.id, machine);
  account.volumes.put(machine.rootVolumeId, rootVolume(machine));
  const role = keys.issue(`lab-role/${machine.id}`, settings.allow ?? ['*'], true);
  let hops = 1;
  const { clock, region } = account;
  const metadata = await serveMetadata({ clock, region, machine, role, hops: () => hops });
  return {
    id: machine.id,
    zone: machine.zone,
    imdsUrl: metadata.url,
    folder: machine.folder,
    powerFails: () => account.attachments.powerOff(machine.id),
    powerReturns: () => account.attachments.powerOn(machine.id),
    setState: (state) => setState(account, machine.id, state),
    setHops: (count) => {
      hops = count;
    },
    close: async () => {
      await metadata.close();
      await rm(machine.folder, { recursive: true, force: true });
    },
  };
}

function machineOf(account: Account, parent: string, settings: InstanceSettings): Machine {
  const type = settings.type ?? 'm5.large';
  const known = instanceTypes[type];
  if (!known) throw new Error(`No instance type ${type}: add it to instance-types.ts.`);
  const id = newId('i');
  return {
    id,
    zone: settings.zone ?? account.zones[0] ?? '',
    type,
    hypervisor: known.hypervisor,
    state: 'running',
    launched: account.clock.now(),
    hopLimit: settings.hopLimit ?? 2,
    attachLimit: settings.attachLimit ?? attachLimit(known),
    folder: join(parent, id),
    rootVolumeId: newId('vol'),
    tags: new Map(),
  };
}

/** The root volume is counted and listed like any other volume, but has no disk. */
function rootVolume({ id, zone, rootVolumeId, launched }: Machine): Volume {
  return {
    id: rootVolumeId,
    zone,
    ...{ gib: 8, type: 'gp3', iops: 3000, throughput: 125 },
    encrypted: false,
    kmsKeyId: undefined,
    snapshotId: undefined,
    status: 'in-use',
    created: launched,
    tags: new Map(),
    attachment: { id, instanceId: id, device: '/dev/xvda', status: 'attached', since: launched },
    modification: undefined,
    modified: [],
  };
}

function launchedAt(account: Account, machine: Machine, state: InstanceState): number {
  const isStart = machine.state === 'stopped' && (state === 'pending' || state === 'running');
  return isStart ? account.clock.now() : machine.launched;
}

/** A terminated instance releases its volumes, and its root volume is deleted. */
async function setState(account: Account, id: string, state: InstanceState | 'gone'): Promise<void> {
  const machine = account.instances.get(id);
  if (!machine) throw new Error(`${id} is gone.`);
  if (state === 'gone') account.instances.remove(id);
  // EC2's launchTime is that of the last start.
  else account.instances.put(id, { ...machine, state, launched: launchedAt(account, machine, state) });
  if (state === 'running') return account.attachments.powerOn(id);
  if (state === 'pending' || state === 'stopping' || state === 'shutting-down') return;
  await account.attachments.powerOff(id);
  if (state === 'stopped') return;
  account.volumes.remove(machine.rootVolumeId);
  for (const volume of account.volumes.all()) {
    if (volume.attachment?.instanceId !== id) continue;
    account.volumes.put(volume.id, { ...volume, status: 'available', attachment: undefined });
  }
}
