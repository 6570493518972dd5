import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Host, ProjectUse } from '../../../src/host/host.ts';

/** A host with a directory on a file system that enforces project quotas. */
export interface QuotaHost {
  readonly host: Host;
  readonly folder: string;
  readonly fileSystem: 'ext4' | 'xfs';
  link(target: string, path: string): Promise<void>;
  /** Writes a file as a container does, without the right to exceed limits. Rejects with the kernel's code. */
  put(path: string, bytes: number): Promise<void>;
  cleanUp(): Promise<void>;
}

const mebibyte = 1024 ** 2;
const { signal } = new AbortController();
const own = 1_100_000_001;

/** Tests what host.ts promises of projects. */
export function describeProjects(name: string, makeHost: () => Promise<QuotaHost>): void {
  describe(`projects: ${name}`, () => {
    let current: QuotaHost;
    const at = (path: string) => join(current.folder, path);
    const projects = () => current.host.projects(current.folder);
    const use = (id = own): Promise<ProjectUse> => projects().use(current.folder, id);
    const makeDirectory = (path: string) => current.host.files.makeDirectory(at(path));
    const limitTo = async (path: string, bytes: number): Promise<void> => {
      await projects().assign(at(path), own, signal);
      await projects().limit(at(path), own, bytes);
    };
    const refused = () => ({ code: current.fileSystem === 'xfs' ? 'ENOSPC' : 'EDQUOT' });

    beforeEach(async () => {
      current = await makeHost();
    });
    afterEach(() => current?.cleanUp());

    test('the state says that limits are enforced, and where', async () => {
      const { kind, fileSystem, mountpoint } = await projects().state(current.folder);
      expect({ kind, fileSystem }).toEqual({ kind: 'enforced', fileSystem: current.fileSystem });
      expect(current.folder.startsWith(mountpoint)).toBe(true);
    });
    test('a new directory is in no project, and a project that nobody has is empty', async () => {
      await makeDirectory('db');
      expect(await projects().of(at('db'))).toEqual({ id: 0, isInherited: false });
      expect(await use()).toEqual({ limit: 0, usedBytes: 0, usedInodes: 0, hasOthers: false });
    });
    test('all that is in an assigned directory is in the project, and all that is added', async () => {
      await makeDirectory('db/sub');
      await makeDirectory('other');
      await current.put(at('db/sub/file'), mebibyte);
      await current.put(at('other/file'), mebibyte);
      await current.link(at('other'), at('db/link'));
      let told = 0;
      await projects().assign(at('db'), own, signal, ({ entries = 0 }) => {
        told = entries;
      });
      expect(told).toBe(3);
      expect(await projects().of(at('db'))).toEqual({ id: own, isInherited: true });
      expect(await projects().of(at('db/sub'))).toEqual({ id: own, isInherited: true });
      expect(await projects().of(at('other'))).toEqual({ id: 0, isInherited: false });
      const before = await use();
      expect(before.usedInodes).toBe(3);
      expect(before.usedBytes).toBeGreaterThanOrEqual(mebibyte);
      expect(before.usedBytes).toBeLessThan(1.5 * mebibyte);
      await makeDirectory('db/more');
      await current.put(at('db/more/file'), mebibyte);
      expect((await use()).usedInodes).toBe(5);
    });
    test('a limit is enforced, raised, and lowered below what is used', async () => {
      await makeDirectory('db');
      await limitTo('db', 2 * mebibyte);
      await current.put(at('db/one'), mebibyte);
      await expect(current.put(at('db/two'), 2 * mebibyte)).rejects.toMatchObject(refused());
      await current.host.files.removeFile(at('db/two'));
      await projects().limit(at('db'), own, 4 * mebibyte);
      await current.put(at('db/two'), 2 * mebibyte);
      await projects().limit(at('db'), own, mebibyte);
      expect((await use()).limit).toBe(mebibyte);
      await expect(current.put(at('db/three'), mebibyte)).rejects.toMatchObject(refused());
      await projects().limit(at('db'), own, 0);
      await current.put(at('db/three'), mebibyte);
    });
    test('the space of a limited directory is its limit', async () => {
      await makeDirectory('db');
      await limitTo('db', 8 * mebibyte);
      const { usedBytes, freeBytes } = await current.host.files.space(at('db'));
      expect(usedBytes + freeBytes).toBe(8 * mebibyte);
    });
    test('a directory keeps its project when it is moved out, and nothing is moved into another one', async () => {
      const { files } = current.host;
      await makeDirectory('db/sub');
      await makeDirectory('other');
      await projects().assign(at('db'), own, signal);
      await files.rename(at('db'), at('moved'));
      expect(await projects().of(at('moved'))).toEqual({ id: own, isInherited: true });
      await expect(files.rename(at('other'), at('moved/other'))).rejects.toMatchObject({ code: 'EXDEV' });
    });
    test('nothing is assigned where something is mounted, or after an abort', async () => {
      const { mounts } = current.host;
      await makeDirectory('db/sub');
      await makeDirectory('other');
      await mounts.bind(at('other'), at('db/sub'), []);
      await expect(projects().assign(at('db'), own, signal)).rejects.toMatchObject({ code: 'EBUSY' });
      await mounts.unmount(at('db/sub'));
      await expect(projects().assign(at('db'), own, AbortSignal.abort())).rejects.toMatchObject({
        code: 'ECANCELED',
      });
      expect((await use()).usedInodes).toBe(0);
    });
    test('the root itself may be a symlink', async () => {
      await makeDirectory('db/sub');
      await current.link(at('db'), at('link'));
      const below = current.host.projects(at('link'));
      expect((await below.state(at('link'))).kind).toBe('enforced');
      await below.assign(at('link/sub'), own, signal);
      expect(await projects().of(at('db/sub'))).toEqual({ id: own, isInherited: true });
    });
    test('a symlink is not followed, and nothing outside the root is touched', async () => {
      await makeDirectory('db');
      await current.link(at('db'), at('link'));
      await expect(projects().assign(at('link'), own, signal)).rejects.toMatchObject({ code: 'EFTYPE' });
      const below = current.host.projects(at('db'));
      await expect(below.limit(current.folder, own, mebibyte)).rejects.toMatchObject({ code: 'EXDEV' });
    });
  });
}
