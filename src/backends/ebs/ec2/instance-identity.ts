import { wordsOf } from '../../../core/error-words.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { refuseAborted } from '../../shared/storage-errors.ts';
import { givenUp } from '../../shared/until-aborted.ts';
import { getToken, type MetadataService, readText } from './metadata-service.ts';

/** This machine's identity in EC2: from the settings, otherwise from IMDSv2, asked once. */
export interface Whereabouts {
  readonly region: string;
  /** Availability zone. */
  readonly zone: string;
  readonly instanceId: string;
}

export interface WhereaboutsParts {
  /** Settings take precedence; if all are set, nothing is asked. */
  readonly region?: string;
  readonly availabilityZone?: string;
  readonly instanceId?: string;
  readonly service: MetadataService;
  /** Called when a request failed, with the reason. */
  note?(state: 'no-metadata', detail: string): void;
}

type Fact = keyof Whereabouts;

/** The value's path in the instance metadata, its format, and the setting that replaces it. */
const facts: Readonly<
  Record<Fact, { readonly path: string; readonly form: RegExp; readonly setting: string }>
> = {
  region: { path: 'placement/region', form: /^[a-z0-9-]+$/, setting: 'region' },
  zone: { path: 'placement/availability-zone', form: /^[a-z0-9-]+$/, setting: 'availabilityZone' },
  instanceId: { path: 'instance-id', form: /^i-[0-9a-f]+$/, setting: 'instanceId' },
};

/**
 * Asks the instance metadata service (IMDSv2 only) for what the settings leave out: once, for all callers. A failure is not
 * kept: the next caller asks again. Throws `unavailable`; nothing is ever guessed.
 */
export function createWhereabouts(parts: WhereaboutsParts): (signal: AbortSignal) => Promise<Whereabouts> {
  let asked: Promise<Whereabouts> | undefined;
  return async (signal) => {
    const doing = 'The look at the instance metadata';
    refuseAborted(signal, doing);
    asked ??= find(parts).catch((error) => {
      asked = undefined;
      parts.note?.('no-metadata', wordsOf(error));
      throw error;
    });
    return givenUp(asked, doing, signal);
  };
}

async function find(parts: WhereaboutsParts): Promise<Whereabouts> {
  const { region, availabilityZone: zone, instanceId, service } = parts;
  const token =
    region === undefined || zone === undefined || instanceId === undefined ? await getToken(service) : '';
  return {
    region: region ?? (await ask(service, token, 'region')),
    zone: zone ?? (await ask(service, token, 'zone')),
    instanceId: instanceId ?? (await ask(service, token, 'instanceId')),
  };
}

async function ask(service: MetadataService, token: string, fact: Fact): Promise<string> {
  const { path, form, setting } = facts[fact];
  const text = await readText(service, token, path).catch((error) => {
    throw unknown(service, path, setting, wordsOf(error), error);
  });
  if (form.test(text)) return text;
  throw unknown(service, path, setting, `it answered ${JSON.stringify(text.slice(0, 60))}`);
}

function unknown(
  { endpoint }: MetadataService,
  path: string,
  setting: string,
  words: string,
  cause?: unknown,
): VolumeError {
  return new VolumeError(
    'unavailable',
    `The instance metadata service at ${endpoint} did not tell ${path} (${words}): set \`${setting}\` in the driver's settings.`,
    { cause },
  );
}
