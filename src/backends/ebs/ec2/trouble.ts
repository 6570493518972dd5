import { wordsOf } from '../../../core/error-words.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { ApiState } from './api-watch.ts';
import { credentialCodes } from './codes.ts';
import type { Failure } from './failure.ts';

export const answersAgain = 'it answered the last request';
const checkNetwork = 'check the network, the region and the endpoint';

/** Failures that a repetition may cure. */
export function isPassing({ kind }: Failure): boolean {
  return kind === 'throttled' || kind === 'lost' || kind === 'unreachable';
}

/** What a failed request says about the state of EC2's API; undefined: nothing. `place`: the endpoint's address. */
export function stateAfter(
  failure: Failure,
  place: string,
): { readonly state: ApiState; readonly detail: string } | undefined {
  switch (failure.kind) {
    case 'no-credentials':
      return { state: 'no-credentials', detail: noCredentials(failure.words) };
    case 'unreachable':
      return { state: 'unreachable', detail: `${failure.words}: ${checkNetwork}` };
    case 'lost':
      return { state: 'no-reply', detail: `${failure.words}: ${checkNetwork}` };
    case 'throttled':
      return { state: 'throttled', detail: `${reasonOf(failure, place)}: CloudTrail shows who sends them` };
    case 'refused':
      return afterRefusal(failure.error);
    case 'unknown':
      return undefined;
  }
}

/** Most refusals are about the request, not about EC2's state. */
function afterRefusal({ code, message }: { readonly code: string; readonly message: string }) {
  if (!credentialCodes.has(code)) return { state: 'ok', detail: answersAgain } as const;
  return { state: 'refused', detail: `${code}: ${message}: check the credentials and the clock` } as const;
}

export function unavailable(place: string, failure: Failure): VolumeError {
  const words =
    failure.kind === 'no-credentials'
      ? noCredentials(failure.words)
      : `EC2 at ${place} cannot be reached (${wordsFor(failure)}): ${checkNetwork}`;
  return new VolumeError('unavailable', `${words}.`);
}

function noCredentials(words: string): string {
  return `There are no AWS credentials (${words}): give the instance an IAM role, or credentials in one of the places where the AWS SDK looks`;
}

/** `last`: the failure before the signal was aborted. */
export function givenUp(
  place: string,
  action: string,
  last: Failure | undefined,
  signal: AbortSignal,
): VolumeError {
  const why = last === undefined ? `EC2 at ${place} did not answer in time` : reasonOf(last, place);
  return new VolumeError('timeout', `${action} timed out, because ${why}: retry.`, {
    cause: signal.reason,
  });
}

function reasonOf(failure: Failure, place: string): string {
  if (failure.kind === 'throttled') {
    return `EC2 gets too many requests from this account (${failure.error.code})`;
  }
  return `EC2 at ${place} did not answer (${wordsFor(failure)})`;
}

function wordsFor(failure: Failure): string {
  return 'words' in failure ? failure.words : 'error' in failure ? wordsOf(failure.error) : failure.kind;
}
