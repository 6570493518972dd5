import type { ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';
import { descriptor } from './descriptor.ts';

/** Read once for all endpoints, because reading takes longer than opening an endpoint. */
let loaded: PackageDefinition | undefined;

/** The services of csi.proto by name. Fields are called as in the file, 64-bit numbers are decimal, and enums are words. */
export function csiService(name: string): ServiceDefinition {
  loaded ??= fromJSON(JSON.parse(descriptor), {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const found = loaded[`csi.v1.${name}`];
  if (found === undefined || 'format' in found) throw new Error(`csi.proto has no service ${name}.`);
  return found;
}
