import { systemClock } from './clock.ts';
import type { EbsContext } from './context.ts';
import { machineFolders } from './disk/candidates.ts';
import type { ApiWatch } from './ec2/api-watch.ts';
import { createEc2 } from './ec2/client.ts';
import { endpointElsewhere } from './ec2/endpoint-elsewhere.ts';
import { createWhereabouts } from './ec2/instance-identity.ts';
import { usualMetadataService } from './ec2/metadata-service.ts';
import type { CallParts } from './ec2/retry.ts';
import type { EbsSettings } from './options/settings.ts';

/** AWS and the machine's devices. */
export type Surroundings = Pick<EbsContext, 'ec2' | 'ec2In' | 'whereabouts' | 'clock' | 'folders'>;

/** What tests put in their place. */
export type EbsSurroundings = Partial<Surroundings>;

export function usualSurroundings(
  settings: EbsSettings,
  watch: ApiWatch,
  told: Pick<CallParts, 'onThrottled' | 'onAnswer'>,
): Surroundings {
  const { region, availabilityZone, instanceId, endpoint } = settings;
  const service = { ...usualMetadataService, endpoint: settings.metadataEndpoint };
  const whereabouts = createWhereabouts({
    service,
    note: (state, detail) => watch.note(service.endpoint, state, detail),
    ...(region === undefined ? {} : { region }),
    ...(availabilityZone === undefined ? {} : { availabilityZone }),
    ...(instanceId === undefined ? {} : { instanceId }),
  });
  let made: ReturnType<typeof createEc2> | undefined;
  async function make(): ReturnType<typeof createEc2> {
    const here = await whereabouts(AbortSignal.timeout(30_000));
    const place = endpoint === undefined ? {} : { endpoint };
    return createEc2({ region: here.region, ...place, note: watch.note, ...told });
  }
  const otherRegions = new Map<string, ReturnType<typeof createEc2>>();
  return {
    whereabouts,
    clock: systemClock,
    ec2In(of) {
      // Its state says nothing about the region of the volumes.
      const known =
        otherRegions.get(of) ?? createEc2({ region: of, ...endpointElsewhere(endpoint), ...told });
      otherRegions.set(of, known);
      return known;
    },
    folders: machineFolders,
    ec2() {
      // A failure is not kept: the metadata service may start after the daemon.
      made ??= make().catch((error) => {
        made = undefined;
        throw error;
      });
      return made;
    },
  };
}
