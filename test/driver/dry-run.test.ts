import { expect, test } from '@jest/globals';
import { dryRunHost } from '../../src/host/dry-run-host.ts';
import { createFakeHost, createFakeState } from '../fakes/host/fake-host.ts';
import { id, openRig, present, volume } from '../fakes/rig.ts';
import { watchEffects } from '../fakes/watched-host.ts';

const db = volume('db');

test('a dry run plans what recovery would do, and touches no ledger that is damaged or of another boot', async () => {
  const state = createFakeState();
  const before = await openRig({ state });
  await before.driver.create(db, {});
  await before.driver.mount(db, id('a'), present);
  const { host } = before;
  const [ledger = ''] = (await host.files.list('/srv/run')) ?? [];
  await host.files.writeText(`/srv/run/${ledger}`, 'garbage\n', 'replace');
  await host.files.writeText('/srv/run/ledger-other.jsonl', '', 'replace');
  const effects: string[] = [];
  const watched = watchEffects(createFakeHost(state), (_, name) => void effects.push(name));
  const rig = await openRig({ state, host: dryRunHost(watched), start: false });
  effects.length = 0;
  expect(await rig.driver.planRecovery()).toMatchObject([{ action: 'adopt', volume: 'db' }]);
  await rig.driver.close();
  expect(effects).toEqual([]);
  expect([...((await host.files.list('/srv/run')) ?? [])].sort()).toEqual(
    [ledger, 'ledger-other.jsonl'].sort(),
  );
  expect(await host.files.readText(`/srv/run/${ledger}`)).toBe('garbage\n');
});
