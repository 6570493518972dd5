import type { SdkParts } from './sdk.ts';

/** For another region: an address of AWS is one region's; any other, such as that of a simulation, is taken to serve all of them. */
export function endpointElsewhere(endpoint: string | undefined): Pick<SdkParts, 'endpoint'> {
  if (endpoint === undefined) return {};
  const { hostname } = new URL(endpoint);
  return /\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(hostname) ? {} : { endpoint };
}
