import type { OpenWitness } from '../core/witness.ts';
import type { Host } from '../host/host.ts';
import type { OpeningParts } from './drivers/open.ts';

/** Witnesses keep what they saw beside the drivers' state. Their code is loaded only if one is configured. */
export async function openWitnesses(
  { configuration, log }: Pick<OpeningParts, 'configuration' | 'log'>,
  { files, now }: Host,
): Promise<ReadonlyMap<string, OpenWitness>> {
  const { witnesses: configurations, stateDir } = configuration;
  if (configurations.size === 0) return new Map();
  const { openWitnesses: open } = await import('../witnesses/open-witnesses.ts');
  const folder = `${stateDir}/.witnesses`;
  const file = (name: string) => ({
    read: () => files.readText(`${folder}/${name}.json`),
    async write(text: string) {
      await files.makePrivateDirectory(folder);
      await files.writeText(`${folder}/${name}.json`, text, 'replace');
    },
  });
  return open({ configurations, file, log, now });
}
