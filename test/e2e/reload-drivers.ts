import { readFile, writeFile } from 'node:fs/promises';
import { expect } from '@jest/globals';
import type { Machine } from '../lab/machine.ts';
import { startAppender } from './appender.ts';
import { createVolume } from './volumes.ts';

export interface ReloadedHost extends Pick<Machine, 'folder' | 'docker' | 'eventually'> {
  readonly holdfast: Pick<Machine['holdfast'], 'command'>;
  /** The daemon's configuration file, as JSON. */
  readConfiguration(): Promise<string>;
  writeConfiguration(text: string): Promise<void>;
}

/** A driver, as in the configuration. */
export interface DriverEntry {
  readonly backend: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A configuration file that the test process sees as the host does. */
export function filesOf(path: string): Pick<ReloadedHost, 'readConfiguration' | 'writeConfiguration'> {
  return {
    readConfiguration: () => readFile(path, 'utf8'),
    writeConfiguration: (text) => writeFile(path, text),
  };
}

/**
 * While a container writes to a volume of driver `holdfast`: adds the driver `later`, uses it, changes its settings, and removes
 * it. Its volume stays mounted over the change, and the writer notices nothing.
 */
export async function reloadsDriver(
  host: ReloadedHost,
  later: DriverEntry,
  ...options: readonly string[]
): Promise<void> {
  const before = await host.readConfiguration();
  const { drivers, ...rest } = JSON.parse(before);
  const reload = async (change: object) => {
    await host.writeConfiguration(JSON.stringify({ ...rest, drivers: { ...drivers, ...change } }));
    return JSON.parse(await host.holdfast.command('reload', '--json'));
  };
  await createVolume(host, 'steady', ...options);
  const writer = await startAppender(host, 'writer', 'steady');
  try {
    expect(await reload({ later })).toMatchObject({
      added: ['later'],
      changed: [],
      removed: [],
      refused: [],
    });
    const flags = options.flatMap((option) => ['-o', option]);
    await host.docker('volume', 'create', '--driver', 'later', ...flags, 'young');
    await host.holdfast.command('volume', 'mount', 'young');
    const changed = { ...later, settings: { ...later.settings, trashRetention: '2h' } };
    expect(await reload({ later: changed })).toMatchObject({ added: [], changed: ['later'], refused: [] });
    expect(await host.holdfast.command('volume', 'inspect', 'young')).toMatch(/^Held by +operator/m);
    await host.holdfast.command('volume', 'unmount', 'young');
    await host.docker('volume', 'rm', 'young');
  } finally {
    expect(await reload({})).toMatchObject({ removed: ['later'], refused: [] });
    await host.writeConfiguration(before);
  }
  await writer.appendsOn();
  expect(await writer.failed()).toEqual([]);
  await host.docker('rm', '--force', 'writer');
}
