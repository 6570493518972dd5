import type { EC2 } from '@aws-sdk/client-ec2';
import { wordsOf } from '../shared/storage-errors.ts';

export interface SdkParts {
  readonly region: string;
  /** Default: AWS's own of the region. */
  readonly endpoint?: string;
  /** Default: the SDK's own chain (environment, profile, container, instance role). */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Milliseconds within which a request that was sent is answered, or taken for lost. */
  readonly requestTimeout?: number;
}

export type Sdk = EC2;

/** Loads the SDK, which takes a moment and some megabytes: only when an EBS driver is configured. */
export async function createSdk(parts: SdkParts): Promise<Sdk> {
  const { EC2 } = await import('@aws-sdk/client-ec2');
  const sdk = new EC2({
    region: parts.region,
    ...(parts.endpoint === undefined ? {} : { endpoint: parts.endpoint }),
    ...(parts.credentials === undefined ? {} : { credentials: parts.credentials }),
    // Repeating is ours (retry.ts): the SDK's ends after three attempts, or when its own budget is used up, not at our deadline.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5000,
      requestTimeout: parts.requestTimeout ?? 20_000,
      throwOnRequestTimeout: true,
      // Silent: it would write to the console that many requests wait for a socket.
      logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    },
  });
  sdk.middlewareStack.add((next) => (args) => next(args).catch(throwAsError), {
    name: 'errorsOfThisRealm',
    step: 'deserialize',
    priority: 'low',
  });
  return sdk;
}

/** Under a test runner Node's errors are no instances of our Error, and then the SDK keeps nothing of them but their text. */
function throwAsError(thrown: unknown): never {
  if (thrown instanceof Error || typeof thrown !== 'object') throw thrown;
  throw Object.assign(new Error(wordsOf(thrown), { cause: thrown }), thrown);
}

function ignore(): void {}
