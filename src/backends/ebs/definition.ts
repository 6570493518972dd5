import { VolumeError } from '../../core/volume-error.ts';
import type { Witness } from '../../core/witness.ts';
import type { Backend } from '../backend.ts';
import type { BackendDefinition, BackendParts } from '../definition.ts';
import { defineBackend } from '../shared/define-backend.ts';
import { createHolds } from '../shared/hold.ts';
import { createPlan } from '../shared/options/plan-volume.ts';
import { createAct } from './act.ts';
import { ebsAttachments } from './attachment/methods.ts';
import { ebsMethods } from './backend.ts';
import { systemClock } from './clock.ts';
import type { EbsContext } from './context.ts';
import { machineFolders } from './disk/candidates.ts';
import { type ApiWatch, createApiWatch } from './ec2/api-watch.ts';
import { createEc2 } from './ec2/client.ts';
import { endpointElsewhere } from './ec2/endpoint-elsewhere.ts';
import { createWhereabouts } from './ec2/instance-identity.ts';
import { usualMetadataService } from './ec2/metadata-service.ts';
import type { CallParts } from './ec2/retry.ts';
import { ebsGrowth, ebsModifications } from './modify/methods.ts';
import { ebsOptions } from './options/options.ts';
import { builtInOptions, fitOptions, inheritedOptions } from './options/plan.ts';
import { type EbsSettings, ebsSettings } from './options/settings.ts';
import { ebsSnapshots } from './snapshots/methods.ts';
import { createDeviceNames } from './state/device-names.ts';
import { createDiskTurns } from './state/disk-turns.ts';
import { createRecentChanges } from './state/recent-changes.ts';
import { createRecentSnapshots } from './state/recent-snapshots.ts';
import { createSeenDisks } from './state/seen-disks.ts';
import { createUsedTokens } from './state/used-tokens.ts';
import { ebsUsage } from './usage.ts';

export const ebsBackend = defineEbs({});

/** What tests put in place of AWS and the machine's devices. */
export type EbsSurroundings = Partial<
  Pick<EbsContext, 'ec2' | 'ec2In' | 'whereabouts' | 'clock' | 'folders'>
>;

export function defineEbs(surroundings: EbsSurroundings): BackendDefinition {
  return defineBackend({
    name: 'ebs',
    summary: 'EBS volumes of AWS, attached to the host that runs the container.',
    settings: ebsSettings,
    options: ebsOptions,
    pluginFolders: {},
    needs: ({ witnesses }) => ({
      witnesses: { setting: 'witnesses', names: witnesses },
      mounts: [],
      network: true,
    }),
    keepsVolumes: (before, after) => placeText(before) === placeText(after),
    open: (settings, parts) => createEbsBackend(settings, parts, surroundings),
  });
}

/** Whose volumes they are, and which machine they are attached to. */
function placeText(settings: EbsSettings): string {
  const { region, availabilityZone, instanceId, endpoint, metadataEndpoint } = settings;
  return JSON.stringify([region, availabilityZone, instanceId, endpoint, metadataEndpoint]);
}

function createEbsBackend(
  settings: EbsSettings,
  parts: BackendParts,
  surroundings: EbsSurroundings,
): Backend {
  const { host, driver, log, audit } = parts;
  const watch = createApiWatch({ driver, log, now: () => host.now() });
  const context: EbsContext = {
    host,
    driver,
    log,
    audit,
    report: parts.report,
    settings,
    ...usualSurroundings(settings, watch, {
      onThrottled: (action, times) => log.write('warn', 'requests-throttled', { driver, action, times }),
      onAnswer: (action, outcome, ms) => log.write('debug', 'api-request', { driver, action, outcome, ms }),
    }),
    witnesses: settings.witnesses.map((name) => witnessNamed(name, parts)),
    ...surroundings,
    deviceNames: createDeviceNames(() => host.now()),
    recent: createRecentChanges(() => host.now()),
    recentSnapshots: createRecentSnapshots(() => host.now()),
    copying: new Set(),
    views: new Map(),
    cleared: {},
    seen: createSeenDisks(driver, () => host.now()),
    holds: createHolds(() => ({ boot: host.bootId, uptime: host.uptime() }), settings.trashRetention),
    turns: createDiskTurns(),
    tokens: createUsedTokens(() => host.now()),
    attaching: new Map(),
    idleBefore: new Set(),
    removed: {},
    diskIds: new Map(),
    staged: new Map(),
    lingering: new Map(),
  };
  const act = createAct(context);
  const plan = createPlan(
    ebsOptions,
    builtInOptions(settings),
    (where, _, completed) => fitOptions(where, completed),
    parts,
  );
  return {
    capabilities: { scope: 'global', sharing: 'one-host' },
    plan: (name, options, source) => plan(name, options, source && inheritedOptions(source)),
    ...ebsMethods(context, act),
    snapshots: ebsSnapshots(act),
    growth: ebsGrowth(act, host),
    modifications: ebsModifications(act),
    attachments: ebsAttachments(act),
    freeSpace: { kind: 'none', why: 'AWS does not tell how much an account, or a zone, can still have.' },
    health: watch.health,
    usage: ebsUsage(context),
    // Each purge lists them: no request of its own is needed.
    removedBytes: async () => context.removed.bytes,
    details: (volume) => context.seen.detailsOf(volume),
    hostPath: () => undefined,
    async close() {
      // A lingering disk stays attached; the next daemon finds it idle.
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
  told: Pick<CallParts, 'onThrottled' | 'onAnswer'>,
): Pick<EbsContext, 'ec2' | 'ec2In' | 'whereabouts' | 'clock' | 'folders'> {
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
