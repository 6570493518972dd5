import { describe, expect, test } from '@jest/globals';
import type { Volume } from '../../../../src/core/volume.ts';
import type { BackendUnderTest, describeBackend } from '../../../contract/backend/contract.ts';
import { type BackendSubject, createSubject } from '../../../contract/backend/subject.ts';

type Traits = Parameters<typeof describeBackend>[1];

export interface FullStorage extends BackendUnderTest {
  /** Leaves no space for another byte, or no inode for another file. */
  fill(): Promise<void>;
  drain(): Promise<void>;
}

const day = 24 * 3_600_000;

/** Removals on a completely full disk. */
export function describeFullDisk(name: string, traits: Traits, open: () => Promise<FullStorage>): void {
  describe(`a full storage: ${name}`, () => {
    async function withFull(
      work: (subject: BackendSubject, storage: FullStorage) => Promise<void>,
    ): Promise<void> {
      const storage = await open();
      try {
        await work(createSubject(traits, storage), storage);
      } finally {
        await storage.drain();
        await storage.cleanUp();
      }
    }
    async function filled(
      subject: BackendSubject,
      storage: FullStorage,
      count = 2,
    ): Promise<readonly Volume[]> {
      const volumes: Volume[] = [];
      for (let at = 0; at < count; at += 1) {
        const volume = await subject.create(`v${at}`);
        await subject.write(volume, `data of v${at}`);
        volumes.push(volume);
      }
      await storage.fill();
      await expect(subject.create('one-more')).rejects.toMatchObject({ code: 'unavailable' });
      return volumes;
    }

    test('gets space from a removal that deletes', () =>
      withFull(async (subject, storage) => {
        const [volume] = await filled(subject, storage);
        if (!volume) throw new Error('none was made');
        const backend = subject.reopen({ settings: { onRemove: 'delete' } });
        await backend.remove(volume, subject.signal);
        expect(await subject.names()).toEqual(['v1']);
        expect(await subject.removed()).toEqual([]);
        expect(subject.acts.map(({ act, volume }) => `${act} ${volume}`)).toContain('delete v0');
        await storage.drain();
        expect(await subject.read(await subject.create('v0'))).toBeUndefined();
      }));
    test.each(['trash', 'retain'])('does not prevent a removal (%s), which can be undone', (onRemove) =>
      withFull(async (subject, storage) => {
        const [volume] = await filled(subject, storage);
        if (!volume) throw new Error('none was made');
        const backend = subject.reopen({ settings: { onRemove } });
        await backend.remove(volume, subject.signal);
        await backend.remove(volume, subject.signal);
        expect(await subject.names()).toEqual(['v1']);
        const [removed] = await subject.removed();
        expect(removed?.volume).toEqual(volume);
        await storage.drain();
        if (!removed) throw new Error('it is lost');
        expect(await subject.read(await subject.backend.undelete(removed, subject.signal))).toBe(
          'data of v0',
        );
      }),
    );
    test('purges its trash after the retention, and not before', () =>
      withFull(async (subject, storage) => {
        const [volume] = await filled(subject, storage);
        if (!volume) throw new Error('none was made');
        await subject.backend.remove(volume, subject.signal);
        expect(await subject.backend.purge(subject.signal)).toEqual([]);
        subject.advance(day - 60_000);
        expect(await subject.backend.purge(subject.signal)).toEqual([]);
        subject.advance(61_000);
        expect((await subject.backend.purge(subject.signal)).map((one) => one.volume)).toEqual([volume]);
        expect(await subject.removed()).toEqual([]);
      }));
    test('reports until when it keeps a removed volume, once there is space to record that', () =>
      withFull(async (subject, storage) => {
        const [volume] = await filled(subject, storage);
        if (!volume) throw new Error('none was made');
        await subject.backend.remove(volume, subject.signal);
        await storage.drain();
        await subject.backend.purge(subject.signal);
        const [removed] = await subject.removed();
        expect(Date.parse(removed?.purgeAfter ?? '')).toBeGreaterThan(subject.underTest.host.now());
        subject.advance(day + 1000);
        expect(await subject.backend.purge(subject.signal)).toHaveLength(1);
      }));
  });
}
