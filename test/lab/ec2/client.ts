import { EC2Client } from '@aws-sdk/client-ec2';
import type { Credentials } from './cloud/keys.ts';
import type { Ec2Endpoint } from './endpoint.ts';

/** The real SDK with the endpoint. By default, it does not retry. */
export function createClient(
  { url, region, credentials }: Ec2Endpoint,
  as: Credentials = credentials,
  maxAttempts = 1,
): EC2Client {
  return new EC2Client({ endpoint: url, region, credentials: { ...as }, maxAttempts });
}

/** The error code of a refused request, or its message on request. */
export async function refusal(
  call: Promise<unknown>,
): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return { code: error.name, message: error.message };
    throw error;
  }
  throw new Error('It was not refused.');
}
