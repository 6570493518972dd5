import { afterEach } from '@jest/globals';
import { createEc2Endpoint, type Ec2Endpoint, type Ec2Settings } from './endpoint.ts';

/** Starts endpoints that end with the test. */
export function useEndpoints(): (settings?: Ec2Settings) => Promise<Ec2Endpoint> {
  let open: Ec2Endpoint[] = [];
  afterEach(async () => {
    const closing = open;
    open = [];
    await Promise.all(closing.map((endpoint) => endpoint.close()));
  });
  return async (settings) => {
    const endpoint = await createEc2Endpoint(settings);
    open.push(endpoint);
    return endpoint;
  };
}
