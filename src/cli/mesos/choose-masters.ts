import type { Configuration, WitnessConfiguration } from '../../config/configuration.ts';
import type { LoadedConfiguration } from '../../config/load-configuration.ts';
import { listed } from '../../core/listed.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { usable } from '../serve.ts';

export interface MasterOptions {
  readonly config?: string;
  readonly witness?: string;
  readonly master?: readonly string[];
  readonly credentialsFile?: string;
  readonly ca?: string;
}

export interface Masters {
  /** The witness's name; `mesos` if the masters are given by flags. */
  readonly name: string;
  readonly configuration: WitnessConfiguration;
  /** The folder where the daemon keeps what its witnesses saw. */
  readonly stateDir: string;
}

/** The requested witness, or the only Mesos witness, or the masters given by flags. */
export async function chooseMasters(
  options: MasterOptions,
  load: (file: string | undefined) => Promise<LoadedConfiguration>,
): Promise<Masters> {
  const { configuration } = usable(await load(options.config));
  const { stateDir } = configuration;
  const { master, credentialsFile, ca } = options;
  const named = master === undefined ? witnessOf(configuration, options.witness) : await fromFlags(master);
  return {
    ...named,
    stateDir,
    configuration: {
      ...named.configuration,
      ...(credentialsFile === undefined ? {} : { credentialsFile }),
      ...(ca === undefined ? {} : { tls: { ...named.configuration.tls, ca } }),
    },
  };
}

type Named = Pick<Masters, 'name' | 'configuration'>;

function witnessOf({ witnesses }: Configuration, asked: string | undefined): Named {
  const all = [...witnesses].filter(([, { kind }]) => kind === 'mesos');
  const [found, ...others] = all.filter(([name]) => asked === undefined || name === asked);
  if (found === undefined) {
    const which = asked === undefined ? 'No Mesos witness' : `No Mesos witness ${asked}`;
    throw new VolumeError(
      'not-found',
      `${which} is configured: add it to \`witnesses\`, or name the masters with --master.`,
    );
  }
  if (others.length > 0)
    throw new VolumeError(
      'invalid',
      `Several Mesos witnesses are configured: ${listed(all.map(([name]) => name))}. Choose one with --witness.`,
    );
  const [name, configuration] = found;
  return { name, configuration };
}

async function fromFlags(addresses: readonly string[]): Promise<Named> {
  const { witnessSchema } = await import('../../config/schema/witnesses.ts');
  const read = witnessSchema().safeParse({ kind: 'mesos', addresses });
  if (read.success) return { name: 'mesos', configuration: read.data };
  throw new VolumeError('invalid', `--master ${read.error.issues[0]?.message}.`);
}
