import { readFile, writeFile } from 'node:fs/promises';
import { expect } from '@jest/globals';
import type { Machine } from '../lab/machine.ts';
import { type Answer, post } from '../lab/network/unix-http.ts';
import { startAppender } from './appender.ts';
import { errorOf } from './trouble.ts';
import { createVolume } from './volumes.ts';

export interface ReloadedHost extends Pick<Machine, 'folder' | 'docker' | 'eventually'> {
  readonly holdfast: Pick<Machine['holdfast'], 'command'>;
  /** A call of the plugin protocol. */
  call(driver: string, method: string, body: object): Promise<Answer>;
  /** The daemon's configuration file, as JSON. */
  readConfiguration(): Promise<string>;
  writeConfiguration(text: string): Promise<void>;
}

/** A driver, as in the configuration. */
export interface DriverEntry {
  readonly backend: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A simulated host, whose files the test process sees. */
export function reloaded(
  machine: Pick<Machine, 'folder' | 'docker' | 'eventually' | 'holdfast' | 'namespace'>,
): ReloadedHost {
  const config = `${machine.folder}/config.yaml`;
  return {
    ...machine,
    call: (driver, method, body) =>
      post(machine.namespace.path(`/run/docker/plugins/${driver}.sock`), `/VolumeDriver.${method}`, body),
    readConfiguration: () => readFile(config, 'utf8'),
    writeConfiguration: (text) => writeFile(config, text),
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
    const asked = { Name: 'young', ID: 'user' };
    expect(errorOf(await host.call('later', 'Mount', asked))).toBe('');
    const changed = { ...later, settings: { ...later.settings, trashRetention: '2h' } };
    expect(await reload({ later: changed })).toMatchObject({ added: [], changed: ['later'], refused: [] });
    expect((await host.call('later', 'Get', asked)).body).toContain('"holders":1');
    expect(errorOf(await host.call('later', 'Unmount', asked))).toBe('');
    await host.docker('volume', 'rm', 'young');
  } finally {
    expect(await reload({})).toMatchObject({ removed: ['later'], refused: [] });
    await host.writeConfiguration(before);
  }
  await writer.appendsOn();
  expect(await writer.failed()).toEqual([]);
  await host.docker('rm', '--force', 'writer');
}
