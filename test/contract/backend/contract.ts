import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Backend, Capabilities } from '../../../src/backends/backend.ts';
import type { AuditedAct } from '../../../src/core/audit.ts';
import type { Log } from '../../../src/core/log.ts';
import type { Options, Volume } from '../../../src/core/volume.ts';
import type { Host } from '../../../src/host/host.ts';
import type { OddKind } from '../../host/odd-files.ts';
import { describeCopyCrashes } from './copy-crash.ts';
import { describeCrashes } from './crash.ts';
import { describeForeignFiles } from './foreign-files.ts';
import { describeForesight } from './foresight.ts';
import { describeGrowth } from './growth.ts';
import { describeLastUse } from './last-use.ts';
import { describeModification } from './modification.ts';
import { describePlan } from './plan.ts';
import { describeRemoval } from './removal.ts';
import { describeRollbacks } from './rollbacks.ts';
import { describeSnapshots } from './snapshots.ts';
import { describeStaging } from './staging.ts';
import { type BackendSubject, createSubject } from './subject.ts';
import { describeTrashUsage } from './trash-usage.ts';
import { describeUnreadable } from './unreadable.ts';
import { describeUsage } from './usage.ts';
import { describeVolumes } from './volumes.ts';

/** An empty storage, and what a test can do around it. */
export interface BackendUnderTest {
  readonly host: Host;
  /** Canonical; mountpoints are made below it. */
  readonly folder: string;
  /** Opens a backend over this storage. Opening another one simulates a restarted daemon. */
  makeBackend(inputs: BackendInputs): Backend;
  /** Damages the record of a volume, so that only its name can be read. Returns a function that repairs it. */
  spoilRecord(name: string): Promise<() => Promise<void>>;
  /** The same storage seen from another host; only where `sharing` is `many-hosts`. */
  makeBackendElsewhere?(): Backend;
  /**
   * Waits until each replica has what it missed; absent if there are none. A brick of GlusterFS that did not answer for some seconds, as on a
   * busy machine, misses a rename, and the earlier name is listed until then.
   */
  healed?(): Promise<void>;
  /** Default: files below the root of `storage`. */
  readonly copies?: StoredCopies;
  /** Where others can put their own files; absent if the storage does not consist of files. */
  readonly storage?: ForeignStorage;
  /** Ends and cleans up everything, also after a failed test. */
  cleanUp(): Promise<void>;
}

/** Snapshots, and what clones and rollbacks need meanwhile, as the storage has them. */
export interface StoredCopies {
  /** How the record of a snapshot can be damaged, each in another way; `repair` undoes them. */
  damage(volume: Volume, name: string): Promise<SnapshotDamage>;
  /** What there is of copies of this volume, besides whole snapshots. */
  leftovers(volume: Volume): Promise<readonly string[]>;
}

interface SnapshotDamage {
  readonly damages: readonly (() => Promise<void>)[];
  repair(): Promise<void>;
}

export interface ForeignStorage {
  /** The root's path on this host, after a backend has used it. */
  root(): Promise<string>;
  link(target: string, path: string): Promise<void>;
  putOdd(kind: OddKind, path: string): Promise<void>;
}

export interface BackendInputs {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly defaults: Options;
  readonly profiles: Readonly<Record<string, Options>>;
  readonly host: Host;
  readonly log: Log;
  readonly audit: (act: AuditedAct) => void;
}

/** What the suite must know of the kind of volume under test. */
export interface BackendTraits {
  readonly capabilities: Capabilities;
  /** Options of every volume in the suite, such as the size. */
  readonly options: Options;
  /** The final values of some of them for a volume `db`, for example of a template. */
  readonly resolved?: Options;
  /** Another set of options that differs in meaning. */
  readonly otherOptions: Options;
  /** Two spellings of the same options. */
  readonly equalOptions: readonly [Options, Options];
  /** A mistyped option, and the intended one. */
  readonly mistyped: readonly [string, string];
  /** Whether options set owner and mode of a fresh volume. */
  readonly ownership: 'by-options' | 'fixed';
  /** `refused`: a fresh volume cannot be mounted read-only, because a read-only mount formats nothing. */
  readonly freshReadOnly?: 'refused';
  /** `adopted`: every volume shows the same directory, which the backend must never move or delete. */
  readonly data: 'owned' | 'adopted';
  /** How snapshots of these volumes are made on this storage. */
  readonly snapshots: 'instant' | 'copy' | 'none';
  /**
   * Whether these volumes can grow. `recorded`: their size is only recorded, and nothing enforces it; `resizes`: they can be made smaller,
   * too, down to what they use.
   */
  readonly growth: 'grows' | 'resizes' | 'recorded' | 'none';
  /** Which options of these volumes can be changed: the flags of their mounts, or those of their storage. */
  readonly modification: 'flags' | 'own' | 'none';
  /** An option that is in the data itself, with a value that no volume of the suite has. Default: a size. */
  readonly ofData?: Options;
  /** How a size that nothing has is refused. Default: with the free space. */
  readonly tooLarge?: { readonly code: string; readonly message: RegExp };
}

/** The one under test now. */
export type Current = () => BackendSubject;

const sections = {
  plan: describePlan,
  volumes: describeVolumes,
  staging: describeStaging,
  usage: describeUsage,
  'the trash': describeTrashUsage,
  'the last use': describeLastUse,
  removal: describeRemoval,
  foresight: describeForesight,
  'foreign files': describeForeignFiles,
  'an unreadable record': describeUnreadable,
  snapshots: describeSnapshots,
  rollback: describeRollbacks,
  growth: describeGrowth,
  modification: describeModification,
  'a daemon that dies': describeCrashes,
  'a daemon that dies while it copies': describeCopyCrashes,
} as const satisfies Readonly<Record<string, (get: Current) => void>>;

type Section = keyof typeof sections;
type Wanted = readonly Section[] | { readonly without: readonly Section[] } | 'all';

function isWanted(section: string, wanted: Wanted): boolean {
  if (wanted === 'all') return true;
  return 'without' in wanted
    ? !wanted.without.some((one) => one === section)
    : wanted.some((one) => one === section);
}

/** Tests everything that backend.ts promises, or some sections of it. */
export function describeBackend(
  name: string,
  traits: BackendTraits,
  openUnderTest: () => Promise<BackendUnderTest>,
  wanted: Wanted = 'all',
): void {
  describe(`the backend contract: ${name}`, () => {
    let current: BackendSubject | undefined;
    beforeEach(async () => {
      current = createSubject(traits, await openUnderTest());
    });
    afterEach(async () => {
      await current?.cleanUp();
      current = undefined;
    });
    const get: Current = () => {
      if (!current) throw new Error('no backend was made');
      return current;
    };
    test('declares its capabilities', () => {
      expect(get().backend.capabilities).toEqual(traits.capabilities);
    });
    for (const [section, describeSection] of Object.entries(sections))
      if (isWanted(section, wanted)) describe(section, () => describeSection(get));
  });
}
