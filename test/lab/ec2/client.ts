import { EC2Client } from '@aws-sdk/client-ec2';
import type { Ec2Endpoint } from './endpoint.ts';
import type { Credentials } from './keys.ts';

/** The real SDK on the endpoint. It does not repeat a failed call unless told how often to try. */
export function createClient(
  { url, region, credentials }: Ec2Endpoint,
  as: Credentials = credentials,
  maxAttempts = 1,
): EC2Client {
  return new EC2Client({ endpoint: url, region, credentials: { ...as }, maxAttempts });
}

/** The code of what AWS refused; the message on request. */
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
