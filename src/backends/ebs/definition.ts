import { parseVolumeName } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Witness } from '../../core/witness.ts';
import type { Backend, BackendDefinition, BackendParts } from '../backend.ts';
import { completeOptions, readConfigured, readSources } from '../shared/complete-options.ts';
import { parseSettings } from '../shared/settings.ts';
import { type ApiWatch, createApiWatch } from './api-watch.ts';
import { createDeviceNames } from './device-names.ts';
import { machineFolders } from './disk-candidates.ts';
import { createDiskTurns } from './disk-turns.ts';
import { ebsMethods } from './ebs-backend.ts';
import type { EbsContext } from './ebs-context.ts';
import { createEc2 } from './ec2-client.ts';
import { createWhereabouts } from './metadata.ts';
import { usualMetadataService } from './metadata-service.ts';
import { ebsOptions } from './options.ts';
import { builtInOptions, fitOptions } from './plan.ts';
import { createRecentChanges } from './recent-changes.ts';
import type { CallParts } from './retry.ts';
import { systemClock } from './retry-clock.ts';
import { createSeenDisks } from './seen-disks.ts';
import { type EbsSettings, ebsSettings } from './settings.ts';
import { createUsedTokens } from './used-tokens.ts';

export const ebsBackend: BackendDefinition = {
  name: 'ebs',
  summary: 'EBS volumes of AWS, attached to the host that runs the container.',
  settings: ebsSettings,
  options: ebsOptions.specs,
  checkOptions: (options) => void readConfigured(ebsOptions, 'The options', options),
  create: (parts) => createEbsBackend(parts, {}),
};

/** What tests have in place of AWS and of the machine's devices. */
export type EbsSurroundings = Partial<Pick<EbsContext, 'ec2' | 'whereabouts' | 'clock' | 'folders'>>;

export function createEbsBackend(parts: BackendParts, surroundings: EbsSurroundings): Backend {
  const settings = parseSettings(ebsSettings, 'ebs', parts.driver, parts.settings);
  const sources = readSources(ebsOptions, builtInOptions(settings), parts.defaults, parts.profiles);
  const { host, driver, log, audit } = parts;
  const watch = createApiWatch({ driver, log, now: () => host.now() });
  const context: EbsContext = {
    host,
    driver,
    log,
    audit,
    settings,
    ...usualSurroundings(settings, watch, (action, times) =>
      log.write('warn', 'requests-throttled', { driver, action, times }),
    ),
    witnesses: settings.witnesses.map((name) => witnessNamed(name, parts)),
    ...surroundings,
    deviceNames: createDeviceNames(() => host.now()),
    recent: createRecentChanges(() => host.now()),
    seen: createSeenDisks(driver, () => host.now()),
    turns: createDiskTurns(),
    tokens: createUsedTokens(() => host.now()),
    idleBefore: new Set(),
    diskIds: new Map(),
    staged: new Map(),
    lingering: new Map(),
  };
  return {
    capabilities: { scope: 'global', sharing: 'one-host' },
    plan(name, written) {
      const where = `Volume ${parseVolumeName(name)}`;
      const completed = completeOptions(ebsOptions, sources, where, written);
      const options = fitOptions(where, completed);
      const createdAt = new Date(host.now()).toISOString();
      return { name, id: host.newId(), options, given: completed.given, createdAt };
    },
    ...ebsMethods(context),
    health: watch.health,
    details: (volume) => context.seen.detailsOf(volume),
    async close() {
      // What lingers stays attached; the next daemon finds it idle.
      for (const { timer } of context.lingering.values()) clearTimeout(timer);
      context.lingering.clear();
    },
  };
}

function witnessNamed(name: string, { driver, witnesses }: BackendParts): Witness {
  const witness = witnesses.get(name);
  if (witness !== undefined) return witness;
  const known = [...witnesses.keys()].join(', ') || 'none';
  const message = `The settings of driver ${driver} name the witness ${name}, which is not configured; configured: ${known}.`;
  throw new VolumeError('invalid', message);
}

function usualSurroundings(
  settings: EbsSettings,
  watch: ApiWatch,
  onThrottled: CallParts['onThrottled'],
): Pick<EbsContext, 'ec2' | 'whereabouts' | 'clock' | 'folders'> {
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
    return createEc2({ region: here.region, ...place, note: watch.note, onThrottled });
  }
  return {
    whereabouts,
    clock: systemClock,
    folders: machineFolders,
    ec2() {
      // A failure is not kept: the metadata may come later than the daemon.
      made ??= make().catch((error) => {
        made = undefined;
        throw error;
      });
      return made;
    },
  };
}
