import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Backend } from '../../../../src/backends/backend.ts';
import { parseSize } from '../../../../src/core/sizes.ts';
import { type Options, requireReadable, type Volume } from '../../../../src/core/volume.ts';
import { type BackendSubject, createSubject } from '../../../contract/backend/subject.ts';
import { interceptHost } from '../../../fakes/intercepted-host.ts';
import { id, openRig, present, type Rig, volume } from '../../../fakes/rig.ts';
import {
  createFakeServers,
  hostOf,
  type ShareUnderTest,
  shareDirectories,
  shareKinds,
  shareOnFakeHost,
  sizedDirectories,
} from './under-test.ts';

describe.each(shareKinds.map((kind) => [kind.name, kind] as const))('a recorded volume on %s', (_, kind) => {
  let underTest: ShareUnderTest;
  let subject: BackendSubject;
  let elsewhere: Backend;
  beforeEach(async () => {
    underTest = await shareOnFakeHost(kind);
    subject = createSubject(sizedDirectories, underTest);
    const other = underTest.makeBackendElsewhere?.();
    if (other === undefined) throw new Error('a share has several hosts');
    elsewhere = other;
  });
  const live = new AbortController().signal;
  const grow = (backend: Backend, db: Volume, size: string) => {
    if (backend.growth.kind === 'none') throw new Error('it grows');
    return backend.growth.grow(db, parseSize(size), undefined, live);
  };
  const modify = (backend: Backend, db: Volume, wanted: Options) => {
    if (backend.modifications.kind === 'none') throw new Error('it can be changed');
    return backend.modifications.modify(db, wanted, undefined, live);
  };
  const outcome = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      ({ code }) => code,
    );
  const recorded = async (db: Volume) => {
    const found = await subject.reopen().lookup(db.name, live);
    return found && requireReadable(found).options;
  };

  test('while one host changes it, another is refused, so that neither change is lost', async () => {
    const db = await subject.create('db');
    const meanwhile: string[] = [];
    const slow = interceptHost(underTest.host, async (call, run) => {
      if (call.kind === 'effect' && call.detail.includes('registry/db.json'))
        meanwhile.push(await outcome(modify(elsewhere, db, { noexec: 'true' })));
      return run();
    });
    await grow(subject.reopen({ host: slow }), db, '20MiB');
    expect(meanwhile).toEqual(['in-use']);
    await modify(elsewhere, db, { noexec: 'true' });
    expect(await recorded(db)).toMatchObject({ size: '20MiB', noexec: 'true' });
  });

  test('a change waits for no dead host: its lock is refused, and taken over once it is not renewed', async () => {
    const db = await subject.create('db');
    let isDead = false;
    const dying = interceptHost(underTest.host, async (call, run) => {
      isDead ||= call.detail.includes('registry/db.json') && call.kind === 'effect';
      if (isDead) throw new Error('it died');
      return run();
    });
    await expect(grow(subject.reopen({ host: dying }), db, '20MiB')).rejects.toThrow();
    expect(await outcome(modify(elsewhere, db, { noexec: 'true' }))).toBe('in-use');
    // The same host knows that its earlier daemon is dead.
    expect(await outcome(grow(subject.reopen(), db, '20MiB'))).toBe('done');
    expect(await outcome(modify(elsewhere, db, { noexec: 'true' }))).toBe('done');
    expect(await recorded(db)).toMatchObject({ size: '20MiB', noexec: 'true' });
  });

  test.each(['trash', 'delete', 'retain'])(
    'one that another host removes meanwhile (%s) does not come back by the change',
    async (onRemove) => {
      const db = await subject.create('db');
      const remover = subject.reopen({ settings: { onRemove } });
      let isRemoved = false;
      const slow = interceptHost(underTest.host, async (call, run) => {
        if (!isRemoved && call.kind === 'effect' && call.detail.includes('registry/db.json')) {
          isRemoved = true;
          await remover.remove(db, live);
        }
        return run();
      });
      await expect(grow(subject.reopen({ host: slow }), db, '20MiB')).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringContaining('another host removed it'),
      });
      expect(isRemoved).toBe(true);
      expect(await recorded(db)).toBeUndefined();
      expect(await subject.backend.listRemoved(live)).toHaveLength(onRemove === 'delete' ? 0 : 1);
    },
  );

  test('one whose data is missing keeps its record', async () => {
    const db = await subject.create('db');
    await underTest.host.files.removeDirectory(`${await underTest.storage?.root()}/db`);
    expect(await outcome(grow(subject.backend, db, '20MiB'))).toBe('unavailable');
    expect(await outcome(modify(subject.backend, db, { noexec: 'true' }))).toBe('unavailable');
    expect(await recorded(db)).toMatchObject({ size: '10MiB' });
  });
});

describe.each(shareKinds.map((kind) => [kind.name, kind] as const))('a driver on %s', (_, kind) => {
  let rig: Rig;
  beforeEach(async () => {
    const { definition, settings } = kind;
    rig = await openRig({ state: hostOf(kind, createFakeServers()), definition, settings });
  });
  const db = volume('db');
  const steps = async (intent: Parameters<Rig['driver']['foresee']>[0]) =>
    (await rig.driver.foresee(intent)).steps.map(({ act, about }) => `${act} ${about}`);

  test('enlarges a recorded size while containers use the volume, and mounts nothing for it', async () => {
    await rig.driver.create(db, sizedDirectories.options);
    expect(await steps({ verb: 'grow', name: db, size: '20MiB' })).toEqual(['grow from 10MiB to 20MiB']);
    expect((await rig.driver.grow(db, '20MiB')).options.size).toBe('20MiB');
    expect((await rig.driver.get(db))?.mountpoint).toBeUndefined();
    await rig.driver.mount(db, id('docker'), present);
    rig.state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres' });
    expect((await rig.driver.grow(db, '30MiB')).options.size).toBe('30MiB');
    expect((await rig.driver.get(db))?.mountpoint).toBe(rig.mountpoint('db'));
    for (const size of ['10MiB', '-1', ''])
      await expect(rig.driver.grow(db, size)).rejects.toMatchObject({ code: 'invalid' });
  });

  test('says which options a volume needs to have a size', async () => {
    await rig.driver.create(db, shareDirectories.options);
    const refused = { code: 'invalid', message: expect.stringMatching(/db.*no size.*sizeMode=advisory/) };
    await expect(rig.driver.grow(db, '1GiB')).rejects.toMatchObject(refused);
    await expect(steps({ verb: 'grow', name: db, size: '1GiB' })).rejects.toMatchObject(refused);
  });

  test('changes the flags of a volume that nobody uses here', async () => {
    await rig.driver.create(db, {});
    await rig.driver.mount(db, id('docker'), present);
    const options = { noexec: 'true' };
    for (const work of [rig.driver.modify(db, options), steps({ verb: 'modify', name: db, options })])
      await expect(work).rejects.toMatchObject({ code: 'in-use' });
    await rig.driver.unmount(db, id('docker'));
    // An Unmount looks at a snapshot of other namespaces; a change needs a fresh look.
    expect(await steps({ verb: 'modify', name: db, options })).toEqual([
      'look it is mounted for a moment to see who uses it',
      'modify noexec from the usual to true; mounts on other hosts stay as they are',
    ]);
    await rig.driver.modify(db, options);
    await rig.driver.mount(db, id('docker'), present);
    const mounted = rig.state.mounts.find(({ mountpoint }) => mountpoint === rig.mountpoint('db'));
    expect(mounted?.options).toContain('noexec');
  });
});
