import { afterEach, beforeEach, describe } from '@jest/globals';
import type { Host, MountUser } from '../../src/host/host.ts';
import { describeDirectories } from './host-directories-contract.ts';
import { describeDisks } from './host-disks-contract.ts';
import { describeFiles } from './host-files-contract.ts';
import { describeImages } from './host-images-contract.ts';
import { describeMounts } from './host-mounts-contract.ts';
import { describePrograms } from './host-programs-contract.ts';
import { describeRemote } from './host-remote-contract.ts';
import { describeUses } from './host-uses-contract.ts';

/** A host, and what a test can do beside it. */
export interface HostUnderTest {
  readonly host: Host;
  /** An empty directory, with a canonical path, that is the test's own. */
  readonly folder: string;
  /** Whether the file system of the folder knows immutable directories. */
  readonly knowsImmutable: boolean;
  link(target: string, path: string): Promise<void>;
  /** Another mount namespace has `source` mounted from now on, until the returned function is called. */
  useElsewhere(source: string): Promise<() => Promise<void>>;
  /** Another mount namespace has a copy of all our mounts at their paths. */
  inheritElsewhere(): Promise<() => Promise<void>>;
  /** What a user must say of itself, beside what only the kernel knows. */
  readonly user: Partial<MountUser>;
  /** A blank disk of this many bytes appears in the machine; resolves with its device. */
  attachDisk(bytes: number): Promise<string>;
  /** How many loop devices the image is attached to. */
  loopsOf(image: string): Promise<number>;
  /** Ends everything and leaves nothing, also after a failed test. */
  cleanUp(): Promise<void>;
}

/** The one under test now. */
export type Current = () => HostUnderTest;

/** All that host.ts promises. */
export function describeHost(name: string, makeHost: () => Promise<HostUnderTest>): void {
  describe(name, () => {
    let current: HostUnderTest | undefined;
    beforeEach(async () => {
      current = await makeHost();
    });
    afterEach(async () => {
      await current?.cleanUp();
    });
    const get: Current = () => {
      if (!current) throw new Error('no host was made');
      return current;
    };
    describe('files', () => describeFiles(get));
    describe('directories', () => describeDirectories(get));
    describe('mounts', () => describeMounts(get));
    describe('images', () => describeImages(get));
    describe('disks', () => describeDisks(get));
    describe('uses', () => describeUses(get));
    describe('programs', () => describePrograms(get));
    describe('remote', () => describeRemote(get));
  });
}
