import { Ec2Error, invalidValue } from '../api/ec2-error.ts';
import type { Parameters } from '../api/parameters.ts';
import type { Clock } from './clock.ts';

/** "Ensuring idempotency in Amazon EC2 API requests". */
export interface ClientTokens<Result> {
  /** The earlier answer to the same request; undefined if there was none. */
  replay(scope: string, parameters: Parameters): Result | undefined;
  remember(scope: string, parameters: Parameters, result: Result): void;
}

/** How long a token is remembered, even if its resource is gone. */
const remembered = 12 * 3600 * 1000;

interface Use<Result> {
  readonly request: string;
  readonly at: number;
  readonly result: Result;
}

export function createClientTokens<Result>(clock: Clock): ClientTokens<Result> {
  const uses = new Map<string, Use<Result>>();
  return {
    replay: (scope, parameters) => {
      const token = tokenOf(parameters);
      const use = token === undefined ? undefined : uses.get(`${scope} ${token}`);
      if (!use || clock.now() - use.at >= remembered) return undefined;
      if (use.request === fingerprint(parameters)) return use.result;
      throw new Ec2Error(
        'IdempotentParameterMismatch',
        'Parameters on this idempotent request are inconsistent with parameters used in previous request(s)',
      );
    },
    remember: (scope, parameters, result) => {
      const token = tokenOf(parameters);
      if (token === undefined) return;
      uses.set(`${scope} ${token}`, { request: fingerprint(parameters), at: clock.now(), result });
    },
  };
}

/** "A unique, case-sensitive string of up to 64 ASCII characters." */
function tokenOf(parameters: Parameters): string | undefined {
  const token = parameters.text('ClientToken');
  if (!token || /^[\x20-\x7e]{1,64}$/.test(token)) return token || undefined;
  throw invalidValue(
    `Invalid value '${token}' for clientToken. The token can have up to 64 ASCII characters.`,
  );
}

function fingerprint({ entries }: Parameters): string {
  const own = Object.entries(entries).filter(([name]) => name !== 'ClientToken');
  return JSON.stringify(own.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
