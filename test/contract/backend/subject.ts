import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend } from '../../../src/backends/backend.ts';
import type { AuditedAct } from '../../../src/core/audit.ts';
import { parseVolumeName, type VolumeName } from '../../../src/core/names.ts';
import { type Options, type RemovedVolume, requireReadable, type Volume } from '../../../src/core/volume.ts';
import { asVolumeError } from '../../../src/core/volume-error.ts';
import type { Host } from '../../../src/host/host.ts';
import type { BackendInputs, BackendTraits, BackendUnderTest } from './contract.ts';

/** A backend under test, with the actions that the suite uses. */
export interface BackendSubject {
  readonly traits: BackendTraits;
  readonly underTest: BackendUnderTest;
  readonly backend: Backend;
  readonly signal: AbortSignal;
  readonly acts: readonly AuditedAct[];
  readonly events: readonly string[];
  /** Another backend over the same storage, as after a restart. */
  reopen(inputs?: Partial<BackendInputs>): Backend;
  plan(name: string, more?: Options, backend?: Backend): Volume;
  create(name: string, more?: Options, backend?: Backend): Promise<Volume>;
  names(): Promise<readonly string[]>;
  /** All of them can be read. */
  listed(): Promise<readonly Volume[]>;
  removed(): Promise<readonly RemovedVolume[]>;
  /** Stages it at its mountpoint, which is created if absent. */
  stage(volume: Volume): Promise<string>;
  unstage(volume: Volume): Promise<void>;
  mountpointOf(volume: Volume): Promise<string>;
  write(volume: Volume, text: string): Promise<void>;
  /** Creates a volume, and writes this to it. */
  written(name: string, text: string): Promise<Volume>;
  /** Stages it, reads what `write` wrote, and unstages it. */
  read(volume: Volume): Promise<string | undefined>;
  /** Advances the clock, in milliseconds. */
  advance(milliseconds: number): void;
  /** Sets the time of day wrong by this much; no time passes. */
  misset(milliseconds: number): void;
  cleanUp(): Promise<void>;
}

export function createSubject(traits: BackendTraits, underTest: BackendUnderTest): BackendSubject {
  let offset = 0;
  const acts: AuditedAct[] = [];
  const events: string[] = [];
  let clockError = 0;
  const host: Host = {
    ...underTest.host,
    now: () => underTest.host.now() + offset + clockError,
    uptime: () => underTest.host.uptime() + offset,
  };
  const signal = new AbortController().signal;
  const reopen = (inputs: Partial<BackendInputs> = {}): Backend =>
    underTest.makeBackend({
      settings: {},
      defaults: {},
      profiles: {},
      host,
      log: { enabled: () => true, write: (_, event) => void events.push(event) },
      audit: (act) => void acts.push(act),
      ...inputs,
    });
  const backend = reopen();
  const subject: BackendSubject = {
    traits,
    underTest: { ...underTest, host },
    backend,
    signal,
    acts,
    events,
    reopen,
    plan: (name, more = {}, by = backend) => by.plan(parseVolumeName(name), { ...traits.options, ...more }),
    // Each call of the driver has a signal of its own, too.
    create: (name, more = {}, by = backend) =>
      by.create(subject.plan(name, more, by), new AbortController().signal),
    names: async () => (await backend.list(signal)).map((volume) => volume.name).sort(),
    listed: async () => (await backend.list(signal)).map(requireReadable),
    removed: () => backend.listRemoved(signal),
    async mountpointOf(volume) {
      const mountpoint = join(underTest.folder, 'mnt', volume.name);
      if ((await host.mounts.at(mountpoint)).kind === 'missing') await host.files.makeMountpoint(mountpoint);
      return mountpoint;
    },
    async stage(volume) {
      const mountpoint = await subject.mountpointOf(volume);
      await backend.stage(volume, mountpoint, signal);
      return mountpoint;
    },
    unstage: async (volume) => backend.unstage(volume, await subject.mountpointOf(volume), signal),
    async write(volume, text) {
      const mountpoint = await subject.stage(volume);
      await host.files.writeText(join(mountpoint, 'file'), text, 'replace');
      await unused(() => subject.unstage(volume));
    },
    async written(name, text) {
      const volume = await subject.create(name);
      await subject.write(volume, text);
      return volume;
    },
    async read(volume) {
      const mountpoint = await subject.stage(volume);
      const text = await host.files.readText(join(mountpoint, 'file'));
      await unused(() => subject.unstage(volume));
      return text;
    },
    advance: (milliseconds) => {
      offset += milliseconds;
    },
    misset: (milliseconds) => {
      clockError = milliseconds;
    },
    cleanUp: () => underTest.cleanUp(),
  };
  return subject;
}

/** Without what the storage chose for it. */
export function asPlanned({ project: _, ...planned }: Volume): Volume {
  return planned;
}

export function name(text: string): VolumeName {
  return parseVolumeName(text);
}

/** Retries, like the driver layer: over NFS, the kernel releases a file only some moments after its close. */
async function unused(unstage: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await unstage();
    } catch (error) {
      if (asVolumeError(error, 'unstage').code !== 'in-use' || attempt === 20) throw error;
      await sleep(100);
    }
  }
}
