import * as z from 'zod/mini';
import { type Ec2Action, permissionsFor } from './actions.ts';
import { throttlingCodes, troubleCodes } from './codes.ts';
import { Ec2Error } from './ec2.ts';

/** Why the SDK threw. */
export type Failure =
  | { readonly kind: 'refused'; readonly error: Ec2Error }
  /** EC2 asked to retry later. Nothing was done. */
  | { readonly kind: 'throttled'; readonly error: Ec2Error }
  /** The request was sent; whether it was done is unknown. */
  | { readonly kind: 'lost'; readonly words: string }
  /** It could not be sent. */
  | { readonly kind: 'unreachable'; readonly words: string }
  | { readonly kind: 'no-credentials'; readonly words: string }
  /** The error has nothing to do with EC2. */
  | { readonly kind: 'unknown' };

const lostCodes = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE'];
const unreachableCodes = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'];

/** The fields used from an error of the SDK, or of Node below it. */
const thrownSchema = z.object({
  name: z.string(),
  message: z.string(),
  /** Node's. */
  code: z.catch(z.optional(z.string()), undefined),
  $metadata: z.catch(
    z.optional(
      z.object({ httpStatusCode: z.optional(z.number()), clockSkewCorrected: z.optional(z.boolean()) }),
    ),
    undefined,
  ),
});

/** Classifies what the SDK threw, by codes, never by the text. */
export function readFailure(action: Ec2Action, thrown: unknown): Failure {
  const parsed = thrownSchema.safeParse(thrown);
  if (!parsed.success) return { kind: 'unknown' };
  const { message, code = '', $metadata } = parsed.data;
  const name = parsed.data.name.replace(/^(Client|Server)\./, '');
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return { kind: 'no-credentials', words: message };
  }
  const status = $metadata?.httpStatusCode;
  if (throttlingCodes.has(name)) return { kind: 'throttled', error: answer(action, name, message, thrown) };
  if (troubleCodes.has(name) || $metadata?.clockSkewCorrected)
    return { kind: 'lost', words: `${name}: ${message}` };
  if (status !== undefined && status >= 300) return byStatus(action, name, message, status, thrown);
  if (unreachableCodes.includes(code)) return { kind: 'unreachable', words: `${code}: ${message}` };
  if (lostCodes.includes(code) || name === 'TimeoutError') return { kind: 'lost', words: message };
  // The answer broke off in the middle, or was not XML.
  if (status !== undefined) return { kind: 'lost', words: `an answer that cannot be read: ${message}` };
  return { kind: 'unknown' };
}

function byStatus(
  action: Ec2Action,
  name: string,
  message: string,
  status: number,
  thrown: unknown,
): Failure {
  // An error of a proxy or load balancer in between has no EC2 code.
  const isNameless = ['Unknown', 'UnknownError', 'Error', ''].includes(name);
  if (status >= 500 && isNameless) return { kind: 'lost', words: `HTTP status ${status}: ${message}` };
  return { kind: 'refused', error: answer(action, name, message, thrown) };
}

function answer(action: Ec2Action, code: string, message: string, cause: unknown): Ec2Error {
  const words = code === 'UnauthorizedOperation' ? missing(action, message) : message;
  return new Ec2Error(action, code, words, { cause });
}

function missing(action: Ec2Action, message: string): string {
  const permissions = permissionsFor(action).map((name) => `\`${name}\``);
  return `the IAM policy of this host's role lacks ${permissions.join(' or ')} (${message})`;
}
