import type { ClockReading } from '../../shared/clock-finding.ts';
import type { callsOf, EC2Client } from './used-commands.ts';

export interface SdkParts {
  readonly region: string;
  /** Default: AWS's own for the region. */
  readonly endpoint?: string;
  /** Default: the SDK's own chain (environment, profile, container, instance role). */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Milliseconds within which a sent request must be answered; otherwise it counts as lost. */
  readonly requestTimeout?: number;
}

export type Sdk = ReturnType<typeof callsOf>;

/** EC2's clock at its last answer. A Date has whole seconds. */
export interface Ec2Clock {
  last(): ClockReading | undefined;
}

/** Loads the SDK, which takes a moment and some megabytes: only when an EBS driver is configured. */
export async function createSdk(parts: SdkParts): Promise<{ readonly sdk: Sdk; readonly clock: Ec2Clock }> {
  const used = await import('./used-commands.ts');
  const client = new used.EC2Client({
    region: parts.region,
    ...(parts.endpoint === undefined ? {} : { endpoint: parts.endpoint }),
    ...(parts.credentials === undefined ? {} : { credentials: parts.credentials }),
    // retry.ts repeats requests: the SDK would stop after three attempts, or when its own budget is used up, not at our deadline.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5000,
      requestTimeout: parts.requestTimeout ?? 20_000,
      throwOnRequestTimeout: true,
      // Silent: otherwise it writes to the console if many requests wait for a socket.
      logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    },
  });
  return { sdk: used.callsOf(client), clock: watchClock(client) };
}

/** Refusals count too: one of them is that the clocks differ too much. */
function watchClock(client: EC2Client): Ec2Clock {
  let last: ClockReading | undefined;
  const note = (before: number, date: string | undefined): void => {
    const second = Date.parse(date ?? '');
    const after = Date.now();
    // Somewhere in that second.
    if (Number.isFinite(second)) last = { theirs: second, before: before - 1000, after };
  };
  client.middlewareStack.add(
    (next) => async (args) => {
      const before = Date.now();
      const result = await next(args);
      note(before, dateIn(result.response));
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'clockWatch' },
  );
  return { last: () => last };
}

function dateIn(response: unknown): string | undefined {
  const headers =
    typeof response === 'object' && response !== null && 'headers' in response ? response.headers : {};
  const date = Object.entries(Object(headers)).find(([name]) => name.toLowerCase() === 'date')?.[1];
  return typeof date === 'string' ? date : undefined;
}

function ignore(): void {}
