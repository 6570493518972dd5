import type { Snapshots } from '../../../../src/backends/backend.ts';
import type { Options, Volume } from '../../../../src/core/volume.ts';
import type { EbsHost } from '../hosts.ts';

export function snapshotsOn({ backend: { snapshots } }: EbsHost): Snapshots {
  if (snapshots.kind === 'none') throw new Error('EBS has snapshots');
  return snapshots;
}

export async function written(
  host: EbsHost,
  name: string,
  text: string,
  options: Options = {},
): Promise<Volume> {
  const volume = await host.create(name, options);
  await rewrite(host, volume, text);
  return volume;
}

export async function rewrite(host: EbsHost, volume: Volume, text: string): Promise<void> {
  await host.stage(volume);
  await host.write(volume, text);
  await host.unstage(volume);
}

export async function readOn(host: EbsHost, volume: Volume): Promise<string | undefined> {
  await host.stage(volume);
  const text = await host.read(volume);
  await host.unstage(volume);
  return text;
}
