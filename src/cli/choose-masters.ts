import type { Configuration, WitnessConfiguration } from '../config/configuration.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { VolumeError } from '../core/volume-error.ts';
import { usable } from './serve.ts';
import { listed } from './table.ts';

export interface MasterOptions {
  readonly config?: string;
  readonly witness?: string;
  readonly master?: readonly string[];
  readonly credentialsFile?: string;
  readonly ca?: string;
}

export interface Masters {
  /** Of the witness; `mesos` for masters that the flags name. */
  readonly name: string;
  readonly configuration: WitnessConfiguration;
  /** For where the daemon keeps what it saw. */
  readonly stateDir: string;
}

/** The witness asked for, or the only one of Mesos; or the masters that the flags name. */
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
    const which = asked === undefined ? 'No witness of Mesos' : `No witness ${asked} of Mesos`;
    throw new VolumeError(
      'not-found',
      `${which} is configured: add it to \`witnesses\`, or name the masters with --master.`,
    );
  }
  if (others.length > 0)
    throw new VolumeError(
      'invalid',
      `There are the witnesses ${listed(all.map(([name]) => name))}: choose one with --witness.`,
    );
  const [name, configuration] = found;
  return { name, configuration };
}

async function fromFlags(addresses: readonly string[]): Promise<Named> {
  const { witnessSchema } = await import('../config/witness-schema.ts');
  const read = witnessSchema.safeParse({ kind: 'mesos', addresses });
  if (read.success) return { name: 'mesos', configuration: read.data };
  throw new VolumeError('invalid', `--master ${read.error.issues[0]?.message}.`);
}
