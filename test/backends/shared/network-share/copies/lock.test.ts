import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createHostLock } from '../../../../../src/backends/shared/network-share/copies/lock.ts';
import type { HostLock } from '../../../../../src/backends/shared/snapshots/copy-lock.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../../../fakes/host/fake-host.ts';

const directory = '/share/snapshots';
const id = '00000000000000aa';
const file = `${directory}/${id}.lock`;
const second = 1_000;
const forever = new AbortController().signal;

let share: FakeState;
/** What the hosts cannot do on the share now. */
const cutOff = new Set<string>();

beforeEach(async () => {
  jest.useFakeTimers();
  cutOff.clear();
  share = createFakeState();
  await createFakeHost(share).files.makeDirectory('/share');
});
afterEach(() => {
  jest.useRealTimers();
});

/** The lock as a daemon of this host has it. All hosts have the same uptime here. `own`: the host's own files. */
function lockOf(boot: string, place = '/mnt/.shares/gold', own = createFakeState()): HostLock {
  const host = { ...createFakeHost(share), files: createFakeHost(own).files };
  const files = createFakeHost(share).files.below('/share');
  const reached = <T>(work: () => Promise<T>) =>
    cutOff.has(boot) ? Promise.reject(Object.assign(new Error('ETIMEDOUT'), { code: 'ETIMEDOUT' })) : work();
  return createHostLock({
    files: {
      ...files,
      readLatest: (path) => reached(() => files.readLatest(path)),
      writeText: (path, text, how) => reached(() => files.writeText(path, text, how)),
    },
    directory,
    place,
    host: { ...host, bootId: boot },
  });
}

/** Holds the lock until `end` is called. */
function holding(lock: HostLock): {
  readonly done: Promise<unknown>;
  readonly began: Promise<AbortSignal>;
  end(): void;
} {
  let end = (): void => undefined;
  const untilEnd = new Promise<void>((resolve) => {
    end = resolve;
  });
  let done: Promise<unknown> = Promise.resolve();
  const began = new Promise<AbortSignal>((resolve, reject) => {
    done = lock.hold([id], 'The copy could not be made', forever, async (signal) => {
      resolve(signal);
      await untilEnd;
      signal.throwIfAborted();
    });
    done.catch(reject);
  });
  began.catch(() => undefined);
  return { done, began, end };
}

async function pass(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 10 * second) {
    share.clock.now += 10 * second;
    await jest.advanceTimersByTimeAsync(10 * second);
  }
}

const inUse = {
  code: 'in-use',
  message: expect.stringMatching(/^The copy could not be made: another host .*retry/),
};
const list = () => createFakeHost(share).files.list(directory);

test('one host at a time has it, for as long as it works', async () => {
  const first = holding(lockOf('one'));
  await first.began;
  const other = lockOf('two');
  for (let minute = 0; minute < 20; minute += 1) {
    await expect(holding(other).done).rejects.toMatchObject(inUse);
    await pass(60 * second);
  }
  first.end();
  await first.done;
  const next = holding(other);
  await next.began;
  next.end();
  await next.done;
  expect(await list()).toEqual([]);
});

test('is shared by the work of one daemon, until the last of it ends', async () => {
  const lock = lockOf('one');
  const works = [holding(lock), holding(lock)];
  for (const { began } of works) await began;
  works[0]?.end();
  await works[0]?.done;
  await expect(holding(lockOf('two')).done).rejects.toMatchObject(inUse);
  works[1]?.end();
  await works[1]?.done;
  expect(await list()).toEqual([]);
});

test('of a dead host is taken over after five minutes, and not before', async () => {
  await holding(lockOf('one')).began;
  jest.clearAllTimers();
  const other = lockOf('two');
  await expect(holding(other).done).rejects.toMatchObject(inUse);
  await pass(290 * second);
  await expect(holding(other).done).rejects.toMatchObject(inUse);
  await pass(10 * second);
  const taken = holding(other);
  await taken.began;
  taken.end();
  await taken.done;
  expect(await list()).toEqual([]);
});

test('of an earlier daemon of this host is taken over at once, that of another driver is not', async () => {
  await holding(lockOf('one')).began;
  jest.clearAllTimers();
  await expect(holding(lockOf('one', '/mnt/.shares/other')).done).rejects.toMatchObject(inUse);
  const taken = holding(lockOf('one'));
  await taken.began;
  taken.end();
  await taken.done;
});

test('of another container with the same kernel and the same paths is not taken over at once', async () => {
  const place = '/mnt/.shares/gold';
  const containers = [createFakeState(), createFakeState()] as const;
  await createFakeHost(containers[1]).files.makeDirectory('/elsewhere');
  for (const one of containers) await createFakeHost(one).files.makeDirectory(place);
  const first = holding(lockOf('one', place, containers[0]));
  await first.began;
  await expect(holding(lockOf('one', place, containers[1])).done).rejects.toMatchObject(inUse);
  jest.clearAllTimers();
  const restarted = holding(lockOf('one', place, containers[0]));
  await restarted.began;
  restarted.end();
  await restarted.done;
});

test('is given up by a host that cannot reach the share, before another one takes over', async () => {
  const first = holding(lockOf('one'));
  const signal = await first.began;
  const failed = expect(first.done).rejects.toMatchObject({ code: 'unavailable' });
  cutOff.add('one');
  signal.addEventListener('abort', () => first.end());
  await pass(230 * second);
  expect(signal.aborted).toBe(false);
  await pass(40 * second);
  expect(signal.aborted).toBe(true);
  first.end();
  await failed;
});

test('that somebody else has taken is noticed, and stays theirs', async () => {
  const first = holding(lockOf('one'));
  const signal = await first.began;
  await createFakeHost(share).files.writeText(file, 'theirs', 'replace');
  await pass(40 * second);
  expect(signal.aborted).toBe(true);
  first.end();
  await expect(first.done).rejects.toMatchObject({ code: 'unavailable' });
  expect(await createFakeHost(share).files.readText(file)).toBe('theirs');
});

test('left by dead hosts is swept, and one in use is not', async () => {
  await holding(lockOf('one')).began;
  const other = lockOf('two');
  await other.sweep(forever);
  await pass(300 * second);
  await other.sweep(forever);
  expect(await list()).toEqual([`${id}.lock`]);
  jest.clearAllTimers();
  await other.sweep(forever);
  await pass(300 * second);
  await other.sweep(forever);
  expect(await list()).toEqual([]);
});
