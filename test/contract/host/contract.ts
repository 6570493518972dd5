import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Host, MountUser } from '../../../src/host/host.ts';
import type { OddKind } from '../../host/odd-files.ts';
import { describeFilesBelow } from './below.ts';
import { describeCopies } from './copies.ts';
import { describeCounts } from './counts.ts';
import { describeDetached } from './detached.ts';
import { describeDirectories } from './directories.ts';
import { describeDisks } from './disks.ts';
import { describeFiles } from './files.ts';
import { describeImages } from './images.ts';
import { describeMounts } from './mounts.ts';
import { describePrograms } from './programs.ts';
import { describeRemote } from './remote.ts';
import { describeUses } from './uses.ts';

/** A host, and what a test can do around it. */
export interface HostUnderTest {
  readonly host: Host;
  /** An empty directory of the test, with a canonical path. */
  readonly folder: string;
  /** Whether the file system of the folder knows immutable directories. */
  readonly knowsImmutable: boolean;
  /** Whether the kernel can mount an image nowhere. */
  readonly detaches: boolean;
  link(target: string, path: string): Promise<void>;
  putOdd(kind: OddKind, path: string): Promise<void>;
  /** Mounts `source` in another mount namespace until the returned function is called. */
  useElsewhere(source: string): Promise<() => Promise<void>>;
  /** Makes another mount namespace that has copies of all our mounts at the same paths. */
  inheritElsewhere(): Promise<() => Promise<void>>;
  /** What the host must report about this user, except for facts that only the kernel knows. */
  readonly user: Partial<MountUser>;
  /** Adds a blank disk of this many bytes to the machine, and returns its device. */
  attachDisk(bytes: number): Promise<string>;
  /** How many loop devices the image is attached to. */
  loopsOf(image: string): Promise<number>;
  /** Ends and cleans up everything, also after a failed test. */
  cleanUp(): Promise<void>;
}

/** The one under test now. */
export type Current = () => HostUnderTest;

/** Tests everything that host.ts promises. */
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
    test('counts the time since the boot in whole milliseconds, and never goes back', async () => {
      const { host } = get();
      const before = host.uptime();
      expect(Number.isInteger(before) && before > 0).toBe(true);
      await host.files.list('/');
      expect(host.uptime()).toBeGreaterThanOrEqual(before);
    });
    describe('files', () => describeFiles(get));
    describe('files below a root', () => describeFilesBelow(get));
    describe('counts', () => describeCounts(get));
    describe('copies', () => describeCopies(get));
    describe('directories', () => describeDirectories(get));
    describe('mounts', () => describeMounts(get));
    describe('images', () => describeImages(get));
    describe('images that are mounted nowhere', () => describeDetached(get));
    describe('disks', () => describeDisks(get));
    describe('uses', () => describeUses(get));
    describe('programs', () => describePrograms(get));
    describe('remote', () => describeRemote(get));
  });
}
