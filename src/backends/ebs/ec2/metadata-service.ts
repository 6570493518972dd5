import { wordsOf } from '../../../core/error-words.ts';
import { VolumeError } from '../../../core/volume-error.ts';

/** The instance metadata service, version 2 ("Use the Instance Metadata Service to access instance metadata"). */
export interface MetadataService {
  /** Without a trailing slash. */
  readonly endpoint: string;
  /** Milliseconds for each request: the service is on the machine itself and answers within a few. */
  readonly patience: number;
}

/** The link-local address that every instance has. */
export const usualMetadataService: MetadataService = { endpoint: 'http://169.254.169.254', patience: 2000 };

/** Seconds: the token is needed for three requests only. */
const tokenLife = 60;
const attempts = 2;

const setThem = "set `region`, `availabilityZone` and `instanceId` in the driver's settings";

/** Throws `unavailable` with the likely reason and what to do. */
export async function getToken(service: MetadataService): Promise<string> {
  let last: unknown;
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      return await requestToken(service);
    } catch (error) {
      if (error instanceof VolumeError) throw error;
      last = error;
    }
  }
  throw await explain(service, last);
}

async function requestToken(service: MetadataService): Promise<string> {
  const answer = await request(service, '/latest/api/token', 'PUT', {
    'X-aws-ec2-metadata-token-ttl-seconds': `${tokenLife}`,
  });
  const text = await answer.text();
  if (answer.ok && /^[\x21-\x7e]+$/.test(text)) return text;
  throw refused(service, answer.status);
}

/** `path` is relative to `/latest/meta-data/`. */
export async function readText(service: MetadataService, token: string, path: string): Promise<string> {
  const answer = await request(service, `/latest/meta-data/${path}`, 'GET', {
    'X-aws-ec2-metadata-token': token,
  });
  const text = await answer.text();
  if (answer.ok) return text.trim();
  throw new Error(`HTTP status ${answer.status}`);
}

function request(
  { endpoint, patience }: MetadataService,
  path: string,
  method: 'GET' | 'PUT',
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const signal = AbortSignal.timeout(patience);
  return fetch(`${endpoint}${path}`, { method, headers, redirect: 'error', signal });
}

/**
 * Beyond the hop limit, the service drops its answer to the PUT only: if other requests are answered, that is the reason.
 */
async function explain(service: MetadataService, error: unknown): Promise<VolumeError> {
  const answersOthers = await request(service, '/latest/meta-data/', 'GET', {}).then(
    async (answer) => {
      await answer.arrayBuffer();
      return true;
    },
    () => false,
  );
  const words = answersOthers
    ? `The instance metadata service at ${service.endpoint} answers, but its token never comes: in a container the hop limit must be at least 2. ` +
      'Run `aws ec2 modify-instance-metadata-options --instance-id … --http-put-response-hop-limit 2`, use the network of the host, or '
    : `There is no instance metadata service at ${service.endpoint} (${reasonOf(error)}). If this is not an EC2 instance, or it is turned off, `;
  return new VolumeError('unavailable', `${words}${setThem}.`, { cause: error });
}

function refused({ endpoint }: MetadataService, status: number): VolumeError {
  const reason =
    status === 403
      ? 'it is turned off for this instance, or a proxy is between: turn it on (`aws ec2 modify-instance-metadata-options --http-endpoint enabled`), or'
      : 'it does not support IMDSv2:';
  return new VolumeError(
    'unavailable',
    `The instance metadata service at ${endpoint} refuses a token with HTTP status ${status}; ${reason} ${setThem}.`,
  );
}

/** `fetch` hides the reason in the cause. */
function reasonOf(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return wordsOf(cause ?? error);
}
