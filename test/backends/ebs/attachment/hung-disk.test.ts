import { expect, test } from '@jest/globals';
import { onInstance } from '../../../fakes/ec2/instance.ts';
import { createFakeHost, createFakeState } from '../../../fakes/host/fake-host.ts';
import { interceptHost } from '../../../fakes/intercepted-host.ts';
import { id, openRig, present, volume } from '../../../fakes/rig.ts';

const [dead, other] = [volume('dead'), volume('other')];
/** Calls that access the first volume's disk or its mounted file system. */
const asksTheDisk = /\/dev\/nvme1n1\b|\/\.staging-dead\/|\/dead\//;
/** Calls that the daemon makes on a thread of its own pool. Checking a mountpoint needs no disk access. */
const onThePool = /^(files|log)\.|^mounts\.(mountDisk|unmount|bind)$/;
/** Calls on the device node; they do not access the disk. */
const ofTheNode = /^files\.(facts|realPath|list|readText)$/;

/** A machine. Once `disk.isDead` is set, its calls on the first volume's disk hang. */
function machine() {
  const state = createFakeState();
  const hung: string[] = [];
  const onPool: string[] = [];
  const disk = { isDead: false };
  const host = interceptHost(createFakeHost(state), async (call, run) => {
    const isWrittenBack = call.name.endsWith('.unmount') && call.detail.startsWith('/srv/');
    const isAsked = asksTheDisk.test(isWrittenBack ? `${call.detail}/` : call.detail);
    const words = `${call.name} ${call.detail}`;
    if (isAsked && onThePool.test(call.name) && !ofTheNode.test(call.name)) onPool.push(words);
    const isHung = disk.isDead && isAsked && call.name.startsWith('remote.');
    if (!isHung || /facts|realPath/.test(call.name)) return run();
    hung.push(words);
    return new Promise<never>(() => undefined);
  });
  return { state, host, hung, onPool, disk };
}

async function drivers() {
  const on = machine();
  const { definition } = onInstance({ state: on.state });
  const timings = { longDeadline: 1_000 };
  const ebs = await openRig({ state: on.state, host: on.host, definition, timings });
  const local = await openRig({ state: on.state, host: on.host, base: '/local' });
  await ebs.driver.create(dead, { size: '1' });
  await ebs.driver.create(other, { size: '1' });
  return { ...on, ebs: ebs.driver, local: local.driver };
}

test('a disk that does not answer delays only its own volume, in a separate process', async () => {
  const { ebs, local, disk, hung, onPool } = await drivers();
  disk.isDead = true;
  await expect(ebs.mount(dead, id('a'), present)).rejects.toMatchObject({ code: 'timeout' });
  expect(hung).toHaveLength(1);
  await ebs.mount(other, id('b'), present);
  await ebs.unmount(other, id('b'));
  expect((await ebs.get(dead))?.volume.name).toBe(dead);
  await local.create(dead, {});
  await local.mount(dead, id('c'), present);
  expect(onPool).toEqual([]);
});

test('all access to a disk, from formatting to unmounting, is in that process', async () => {
  const { ebs, onPool } = await drivers();
  await ebs.mount(dead, id('a'), present);
  await ebs.unmount(dead, id('a'));
  await ebs.mount(dead, id('a'), present);
  await ebs.unmount(dead, id('a'));
  expect(onPool).toEqual([]);
});
