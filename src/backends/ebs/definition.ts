import type { Backend } from '../backend.ts';
import type { BackendDefinition, BackendParts } from '../definition.ts';
import { defineBackend } from '../shared/define-backend.ts';
import { createPlan } from '../shared/options/plan-volume.ts';
import { createAct } from './act.ts';
import { ebsAttachments } from './attachment/methods.ts';
import { ebsMethods } from './backend.ts';
import { createApiWatch } from './ec2/api-watch.ts';
import { ebsGrowth, ebsModifications } from './modify/methods.ts';
import { openContext } from './open-context.ts';
import { ebsOptions } from './options/options.ts';
import { builtInOptions, fitOptions, inheritedOptions } from './options/plan.ts';
import { type EbsSettings, ebsSettings } from './options/settings.ts';
import { ebsSnapshots } from './snapshots/methods.ts';
import type { EbsSurroundings } from './surroundings.ts';
import { ebsUsage } from './usage.ts';

export const ebsBackend = defineEbs({});

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
  const { host, driver, log } = parts;
  const watch = createApiWatch({ driver, log, now: () => host.now() });
  const context = openContext(settings, parts, surroundings, watch);
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
