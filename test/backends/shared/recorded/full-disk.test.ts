import { describe, expect, test } from '@jest/globals';
import { createSubject } from '../../../contract/backend/subject.ts';
import { createFakeState } from '../../../fakes/host/fake-host.ts';
import { errno } from '../../../fakes/host/paths.ts';
import { interceptHost } from '../../../fakes/intercepted-host.ts';
import { directories, ext4Images, localOnFakeHost } from '../../local/under-test.ts';
import { shareDirectories, shareKinds, shareOnFakeHost } from '../network-share/under-test.ts';
import { describeFullDisk, type FullStorage } from './full-disk-rules.ts';

async function fullLocal(): Promise<FullStorage> {
  const state = createFakeState();
  const { conditions } = state.rootFileSystem;
  return {
    ...(await localOnFakeHost(state)),
    fill: async () => void conditions.add('full'),
    drain: async () => void conditions.delete('full'),
  };
}

describeFullDisk('local directories on the fake host', directories, fullLocal);
describeFullDisk('local images on the fake host', ext4Images, fullLocal);
for (const kind of shareKinds) {
  describeFullDisk(`${kind.name} on the fake host`, shareDirectories, async () => {
    const share = await shareOnFakeHost(kind);
    const { conditions } = share.servers.home;
    return {
      ...share,
      fill: async () => void conditions.add('full'),
      drain: async () => void conditions.delete('full'),
    };
  });
}

describe('where not even a rename is possible', () => {
  test.each(['trash', 'delete'])(
    'a removal (%s) fails with what to delete, and the volume stays',
    async (onRemove) => {
      const state = createFakeState();
      const subject = createSubject(directories, await localOnFakeHost(state));
      const volume = await subject.create('db');
      await subject.write(volume, 'mine');
      state.rootFileSystem.conditions.add('full');
      // With room for the record's new text, and without.
      for (let tries = 0; tries < 2; tries += 1)
        state.failNext('files.rename', errno('EDQUOT', 'db'), '/folder/volumes/db');
      await expect(
        subject.reopen({ settings: { onRemove } }).remove(volume, subject.signal),
      ).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(
          /^Volume db could not be removed.*EDQUOT.*Delete something there.*\/folder\/volumes\/db/,
        ),
      });
      state.rootFileSystem.conditions.delete('full');
      expect(await subject.listed()).toEqual([volume]);
      expect(await subject.read(volume)).toBe('mine');
    },
  );
});

test('retained data of an earlier volume is not confused with a later one', async () => {
  const state = createFakeState();
  const subject = createSubject(directories, await localOnFakeHost(state));
  const retaining = subject.reopen({ settings: { onRemove: 'retain' } });
  const first = await subject.create('db');
  await retaining.remove(first, subject.signal);
  await subject.underTest.host.files.rename('/folder/volumes/db', '/folder/moved');
  const second = await subject.create('db');
  await subject.write(second, 'mine');
  state.rootFileSystem.conditions.add('full');
  await retaining.remove(second, subject.signal);
  state.rootFileSystem.conditions.delete('full');
  expect((await subject.removed()).map(({ volume }) => volume)).toEqual([second]);
});

test('a daemon that dies where the moved record has no room for the time leaves a removed volume', async () => {
  const subject = createSubject(directories, await localOnFakeHost(createFakeState()));
  const volume = await subject.create('db');
  await subject.write(volume, 'mine');
  let moves = 0;
  let effects = 0;
  const host = interceptHost(subject.underTest.host, async (call, run) => {
    if (call.name === 'files.moveText') moves += 1;
    if (moves < 2 || call.kind === 'look') return run();
    effects += 1;
    if (effects === 1) throw errno('ENOSPC', 'db.json');
    // It dies after one more effect.
    if (effects > 2) throw new Error('died');
    return run();
  });
  await subject
    .reopen({ host })
    .remove(volume, subject.signal)
    .catch(() => undefined);
  expect([moves, await subject.names()]).toEqual([2, []]);
  const [removed] = await subject.removed();
  if (removed === undefined) throw new Error('It is not in the trash.');
  expect(await subject.read(await subject.backend.undelete(removed, subject.signal))).toBe('mine');
});

describe('a daemon that dies during a removal on a full disk', () => {
  test.each(['trash', 'delete', 'retain'])(
    '(%s) leaves a complete volume or a removed one',
    async (onRemove) => {
      for (let survived = 0; ; survived += 1) {
        const state = createFakeState();
        const subject = createSubject(directories, await localOnFakeHost(state));
        const volume = await subject.create('db');
        await subject.write(volume, 'mine');
        state.rootFileSystem.conditions.add('full');
        let left = survived;
        let died = false;
        const host = interceptHost(subject.underTest.host, async (call, run) => {
          died ||= call.kind === 'effect' && left-- === 0;
          if (died) throw new Error(`died before ${call.name}`);
          return run();
        });
        const settings = { onRemove };
        const dying = subject.reopen({ host, settings });
        await dying.remove(volume, subject.signal).catch(() => undefined);
        const live = (await subject.names()).length;
        const removed = (await subject.removed()).length;
        if (onRemove !== 'delete') expect([survived, live + removed]).toEqual([survived, 1]);
        await subject.reopen({ settings }).remove(volume, subject.signal);
        expect([survived, await subject.names()]).toEqual([survived, []]);
        expect(await subject.removed()).toHaveLength(onRemove === 'delete' ? 0 : 1);
        const below = await subject.underTest.host.files.list('/folder/volumes/.holdfast/trash');
        if (onRemove === 'delete') expect([survived, below]).toEqual([survived, []]);
        if (!died) return expect(survived).toBeGreaterThan(1);
      }
    },
  );
});
