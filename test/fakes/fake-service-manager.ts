import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VolumeError } from '../../src/core/volume-error.ts';
import type { ServiceManager } from '../../src/install/service-manager.ts';

export interface FakeServiceManager extends ServiceManager {
  readonly enabled: ReadonlySet<string>;
  readonly active: ReadonlySet<string>;
  /** The sockets' files. */
  readonly files: ReadonlySet<string>;
  /** How often the service was started. */
  starts(): number;
}

/** systemd with a folder of units. It knows the units of the last reload, and enforces the rule about sockets. */
export function createFakeServiceManager(
  folder: string,
  state: 'running' | 'absent' = 'running',
): FakeServiceManager {
  const service = 'holdfast.service';
  const enabled = new Set<string>();
  const active = new Set<string>();
  const files = new Set<string>();
  const known = new Map<string, string>();
  /** At the path of the unit as it is loaded. */
  const fileOf = (name: string) => /^ListenStream=(.*)$/m.exec(known.get(name) ?? '')?.[1] ?? '';
  let starts = 0;

  function load(name: string): void {
    const path = join(folder, name);
    if (!known.has(name) && existsSync(path)) known.set(name, readFileSync(path, 'utf8'));
    if (!known.has(name)) throw new VolumeError('failed', `Unit ${name} not found.`);
  }

  function start(name: string): void {
    load(name);
    if (active.has(name)) return;
    if (name.endsWith('.socket') && active.has(service)) {
      throw new VolumeError('failed', `${name}: Socket service ${service} already active, refusing.`);
    }
    active.add(name);
    if (name.endsWith('.socket')) files.add(fileOf(name));
    if (name === service) starts += 1;
  }

  function stop(name: string): void {
    load(name);
    if (active.delete(name)) files.delete(fileOf(name));
  }

  const verbs: Readonly<Record<string, (name: string) => void>> = {
    enable: (name) => {
      load(name);
      enabled.add(name);
    },
    disable: (name) => {
      enabled.delete(name);
      stop(name);
    },
    start,
    stop,
    restart: (name) => {
      stop(name);
      start(name);
    },
  };
  return {
    enabled,
    active,
    files,
    starts: () => starts,
    isRunning: () => state === 'running',
    async systemctl(...words) {
      const [verb = '', ...names] = words;
      if (verb === 'daemon-reload') return known.clear();
      for (const name of names.filter((word) => !word.startsWith('-'))) verbs[verb]?.(name);
    },
  };
}
