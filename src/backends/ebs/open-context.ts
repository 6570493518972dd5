import { VolumeError } from '../../core/volume-error.ts';
import type { Witness } from '../../core/witness.ts';
import type { BackendParts } from '../definition.ts';
import { createHolds } from '../shared/hold.ts';
import type { EbsContext } from './context.ts';
import type { ApiWatch } from './ec2/api-watch.ts';
import type { EbsSettings } from './options/settings.ts';
import { createDeviceNames } from './state/device-names.ts';
import { createDiskTurns } from './state/disk-turns.ts';
import { createRecentChanges } from './state/recent-changes.ts';
import { createRecentSnapshots } from './state/recent-snapshots.ts';
import { createSeenDisks } from './state/seen-disks.ts';
import { createUsedTokens } from './state/used-tokens.ts';
import { type EbsSurroundings, usualSurroundings } from './surroundings.ts';

/** The state of a driver, which knows nothing yet. */
export function openContext(
  settings: EbsSettings,
  parts: BackendParts,
  surroundings: EbsSurroundings,
  watch: ApiWatch,
): EbsContext {
  const { host, driver, log, audit } = parts;
  return {
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
}

function witnessNamed(name: string, { driver, witnesses }: BackendParts): Witness {
  const witness = witnesses.get(name);
  if (witness !== undefined) return witness;
  const known = [...witnesses.keys()].join(', ') || 'none';
  const message = `The settings of driver ${driver} name the witness ${name}, which is not configured; configured: ${known}.`;
  throw new VolumeError('invalid', message);
}
