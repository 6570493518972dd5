import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AuditedAct, Backend, Capabilities } from '../../src/backends/backend.ts';
import type { Log } from '../../src/core/log.ts';
import type { Options } from '../../src/core/volume.ts';
import type { Host } from '../../src/host/host.ts';
import { describeCrashes } from './backend-crash-contract.ts';
import { describePlan } from './backend-plan-contract.ts';
import { describeRemoval } from './backend-removal-contract.ts';
import { describeStaging } from './backend-staging-contract.ts';
import { type BackendSubject, createSubject } from './backend-subject.ts';
import { describeVolumes } from './backend-volumes-contract.ts';

/** One storage with nothing on it, and what a test can do beside it. */
export interface BackendUnderTest {
  readonly host: Host;
  /** Canonical; mountpoints are made below it. */
  readonly folder: string;
  /** A backend over this storage. Another one is what a daemon has that was started again. */
  makeBackend(inputs: BackendInputs): Backend;
  /** The same storage seen from another host; only where `sharing` is `many-hosts`. */
  makeBackendElsewhere?(): Backend;
  /** Ends everything and leaves nothing, also after a failed test. */
  cleanUp(): Promise<void>;
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
  /** Options of every volume of the suite, such as its size. */
  readonly options: Options;
  /** What some of them become for a volume `db`, such as a template. */
  readonly resolved?: Options;
  /** Another set of options that differs in meaning. */
  readonly otherOptions: Options;
  /** Two ways to write the same options. */
  readonly equalOptions: readonly [Options, Options];
  /** A mistyped option, and the one that is meant. */
  readonly mistyped: readonly [string, string];
  /** Whether options set owner and mode of a fresh volume. */
  readonly ownership: 'by-options' | 'fixed';
  /** `refused`: nothing is formatted for a read-only mount, so a fresh volume cannot have one. */
  readonly freshReadOnly?: 'refused';
  /** `adopted`: every volume shows the one same directory, which was never the backend's to move or delete. */
  readonly data: 'owned' | 'adopted';
}

/** The one under test now. */
export type Current = () => BackendSubject;

/** All that backend.ts promises. */
export function describeBackend(
  name: string,
  traits: BackendTraits,
  openUnderTest: () => Promise<BackendUnderTest>,
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
    test('declares what it can do', () => {
      expect(get().backend.capabilities).toEqual(traits.capabilities);
    });
    describe('plan', () => describePlan(get));
    describe('volumes', () => describeVolumes(get));
    describe('staging', () => describeStaging(get));
    describe('removal', () => describeRemoval(get));
    describe('a daemon that dies', () => describeCrashes(get));
  });
}
