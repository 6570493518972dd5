import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { describeWith } from '../requirements.ts';
import { output, run } from '../run.ts';
import { createGuest, type Guest, realGuest } from './guest.ts';
import { createGuestNetwork, type GuestNetwork } from './network.ts';
import { holderScript } from './power.ts';

describeWith(realGuest, 'a guest', () => {
  let guest: Guest;

  beforeAll(async () => {
    guest = await createGuest();
  });

  afterAll(() => guest?.close());

  test('runs programs, many at once, and reports how each ended', async () => {
    const script = 'echo $0; echo $WORD >&2; exit ';
    const ends = [0, 1, 2].map((code) =>
      guest.run('sh', ['-c', script + code, 'a b'], { env: { WORD: 'w' } }),
    );
    expect(await Promise.all(ends)).toEqual(
      [0, 1, 2].map((exitCode) => ({ exitCode, stdout: 'a b\n', stderr: 'w\n' })),
    );
    await expect(guest.run('no-such-program', [])).rejects.toThrow('ENOENT');
  });

  test('kills a program that does not end in time', async () => {
    await expect(guest.run('sleep', ['1234'], { within: 300 })).rejects.toThrow('within 300 ms');
    const gone = async () => !(await guest.output('ps', ['ax'])).includes('sleep 1234');
    await eventually('it is killed', gone);
  });

  test('lets a program run as long as it has output, if the limit is for silence', async () => {
    const speak = 'for i in 1 2 3 4 5 6; do echo $i; sleep 1; done';
    expect((await guest.run('sh', ['-c', speak], { quiet: 4_000 })).stdout).toBe('1\n2\n3\n4\n5\n6\n');
    const stop = guest.run('sh', ['-c', 'echo 1; exec sleep 1234'], { quiet: 300 });
    // With what it printed, and what waits.
    await expect(stop).rejects.toThrow(/within 300 ms\.\n1\n.*\/task\/\d+ sleep /s);
  });

  test('passes large output and input unchanged', async () => {
    const text = 'Zeile, \u00e4 "and" more\n'.repeat(50_000);
    await guest.write('/tmp/text', text);
    expect(await guest.read('/tmp/text')).toBe(text);
  });

  test('starts a service and ends it by its own process ID', async () => {
    const service = await guest.start('sleeper', 'sh', [
      '-c',
      'trap "exit 7" TERM; echo on; while :; do sleep 0.1; done',
    ]);
    await eventually('it runs', async () => (await service.log()) === 'on\n');
    expect(await guest.read(`/proc/${service.pid()}/comm`)).toBe('sh\n');
    expect(await service.stop()).toBe(7);
    expect(service.running()).toBe(false);
  });

  test('shares only the writes in its folder with the machine', async () => {
    await writeFile(`${guest.folder}/from-outside`, 'seen');
    expect(await guest.read(`${guest.folder}/from-outside`)).toBe('seen');
    for (const path of ['/etc/holdfast-probe', '/var/tmp/holdfast-probe', '/opt/holdfast-probe']) {
      await guest.write(path, 'inside');
      expect(existsSync(path)).toBe(false);
    }
  });

  test('ends with the process that booted it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-guest-'));
    // It waits for its root, so it is still there when its holder looks.
    const args = [holderScript, 'outside', folder, '64M', 'none', 'root=/dev/none', 'rootwait'];
    const finished = await run('sh', args, { env: { NODE: process.execPath, PROCESSOR: '0' } });
    expect(finished).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ready \d+\n$/) });
    expect(existsSync(folder)).toBe(false);
    expect((await output('ps', ['axww'])).includes(folder)).toBe(false);
  });

  test('loses its kernel in a power failure, and has another boot ID after the next boot', async () => {
    const bootId = () => guest.read('/proc/sys/kernel/random/boot_id');
    const before = await bootId();
    await guest.write(`${guest.folder}/disk`, 'kept');
    const waiting = guest.run('sleep', ['1000']).catch(String);
    await guest.powerOff();
    expect(await waiting).toContain('The guest is switched off.');
    expect(await guest.processes()).toEqual([]);
    await guest.boot();
    expect(await bootId()).not.toBe(before);
    expect(await guest.read(`${guest.folder}/disk`)).toBe('kept');
  });

  test('leaves nothing when it is closed, even switched off or twice', async () => {
    const place = guest.folder;
    await guest.powerOff();
    await guest.close();
    await guest.close();
    expect(existsSync(place)).toBe(false);
    expect((await output('ps', ['axww'])).includes(place)).toBe(false);
  });
});

describeWith(realGuest, 'guests of one network', () => {
  let network: GuestNetwork;
  let guests: readonly Guest[] = [];

  beforeAll(async () => {
    network = await createGuestNetwork(2);
    guests = await Promise.all([0, 1].map((index) => createGuest({ link: network.link(index) })));
  });

  afterAll(async () => {
    for (const guest of guests) await guest.close();
    await network?.close();
  });

  const ping = async (guest: Guest, name: string) =>
    (await guest.run('busybox', ['ping', '-c1', '-W1', name])).exitCode;

  test('reach each other by name, and are reached by the test', async () => {
    const [first, second] = guests;
    if (!first || !second) throw new Error('They did not boot.');
    expect(await ping(first, 'guest1')).toBe(0);
    expect(await ping(second, 'guest0')).toBe(0);
    expect((await network.run('busybox', 'ping', '-c1', '-W1', first.address)).exitCode).toBe(0);
  });

  test('can be disconnected and connected again', async () => {
    const [first] = guests;
    if (!first) throw new Error('They did not boot.');
    await network.cut(1);
    expect(await ping(first, 'guest1')).not.toBe(0);
    await network.join(1);
    await eventually('they are together again', async () => (await ping(first, 'guest1')) === 0);
  });

  test('leave no network when it is closed', async () => {
    const holder = network.link(0).network;
    for (const guest of guests) await guest.close();
    await network.close();
    await network.close();
    expect(existsSync(`/proc/${holder}`)).toBe(false);
  });
});
