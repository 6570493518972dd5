import { setMaxListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { createBatch } from '../../../../src/backends/ebs/ec2/batch.ts';
import { createManualClock } from '../manual-clock.ts';

const forever = new AbortController().signal;
setMaxListeners(0, forever);

/** IDs that begin with `no` do not exist; IDs that begin with `bad` make the whole request fail. */
function subject({ most = 500 } = {}) {
  const clock = createManualClock();
  const requests: (readonly string[])[] = [];
  const signals: AbortSignal[] = [];
  let hold: Promise<unknown> = Promise.resolve();
  const look = createBatch<string>({
    clock,
    gather: 10,
    spacing: 100,
    most,
    remember: 60_000,
    fetch: async (ids, signal) => {
      requests.push(ids);
      signals.push(signal);
      await hold;
      if (ids.some((id) => id.startsWith('no'))) throw new Error('missing');
      if (ids.some((id) => id.startsWith('bad'))) throw new Error('spoilt');
      if (ids.includes('down')) throw new Error('down');
      return new Map(ids.map((id) => [id, `the ${id}`]));
    },
    blame: (error) => {
      const message = error instanceof Error ? error.message : '';
      return message === 'missing' || message === 'spoilt' ? message : 'no-id';
    },
  });
  const lookAt = async (...ids: readonly string[]) => {
    const answers = Promise.allSettled(ids.map((id) => look(id, forever)));
    await clock.advance(200);
    return (await answers).map((answer) =>
      answer.status === 'fulfilled' ? answer.value : answer.reason.message,
    );
  };
  return {
    clock,
    requests,
    signals,
    look,
    lookAt,
    holdUntil: (release: Promise<unknown>) => {
      hold = release;
    },
  };
}

describe('rule 11: look-ups of volumes', () => {
  test('at the same time share one request, and each ID is asked for once', async () => {
    const { lookAt, requests } = subject();
    expect(await lookAt('a', 'b', 'a')).toEqual(['the a', 'the b', 'the a']);
    expect(requests).toEqual([['a', 'b']]);
  });
  test('wait 10 ms for others if there was none before', async () => {
    const { look, clock, requests } = subject();
    const answer = look('a', forever);
    await clock.advance(9);
    expect(requests).toEqual([]);
    await clock.advance(1);
    expect(await answer).toBe('the a');
  });
  test('are at most ten requests per second, for any number of callers', async () => {
    const { look, clock, requests } = subject();
    const looks: Promise<unknown>[] = [];
    for (let time = 0; time < 1000; time += 5) {
      looks.push(look(`v${time}`, forever));
      await clock.advance(5);
    }
    await clock.advance(200);
    await Promise.all(looks);
    expect(requests.length).toBeLessThanOrEqual(11);
    expect(requests.flat()).toHaveLength(200);
  });
  test('never join a request that was already sent: its answer may be older than they are', async () => {
    const { look, clock, requests, holdUntil } = subject();
    const { promise, resolve } = withResolvers();
    holdUntil(promise);
    const first = look('a', forever);
    await clock.advance(10);
    const second = look('a', forever);
    await clock.advance(100);
    expect(requests).toEqual([['a'], ['a']]);
    resolve();
    expect(await Promise.all([first, second])).toEqual(['the a', 'the a']);
  });
  test('are split if there are too many for one request', async () => {
    const { lookAt, requests } = subject({ most: 2 });
    await lookAt('a', 'b', 'c', 'd', 'e');
    expect(requests).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  test('find a missing volume with few requests, and the others too', async () => {
    const { lookAt, requests } = subject();
    const ids = Array.from({ length: 64 }, (_, at) => (at === 40 ? 'no-such' : `v${at}`));
    const answers = await lookAt(...ids);
    expect(answers[40]).toBeUndefined();
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(63);
    expect(requests.length).toBeLessThanOrEqual(1 + 2 * 6);
  });
  test('remember a missing volume for a minute, and ask for it separately: it may exist by then', async () => {
    const { lookAt, requests, clock } = subject();
    await lookAt('a', 'no-such');
    requests.length = 0;
    expect(await lookAt('a', 'no-such', 'b')).toEqual(['the a', undefined, 'the b']);
    expect(requests).toEqual([['a', 'b'], ['no-such']]);
    await clock.advance(61_000);
    requests.length = 0;
    await lookAt('a', 'no-such');
    expect(requests[0]).toEqual(['a', 'no-such']);
  });
  test('fail only for an ID that EC2 refuses', async () => {
    const { lookAt } = subject();
    expect(await lookAt('a', 'bad-id', 'b')).toEqual(['the a', 'spoilt', 'the b']);
  });
  test('fail for all if no ID is to blame', async () => {
    const { lookAt, requests } = subject();
    expect(await lookAt('a', 'down')).toEqual(['down', 'down']);
    expect(requests).toHaveLength(1);
  });

  test('end for a caller that gives up, and continue for the others', async () => {
    const { look, clock, signals, holdUntil } = subject();
    const { promise, resolve } = withResolvers();
    holdUntil(promise);
    const [one, two] = [new AbortController(), new AbortController()];
    const first = look('a', one.signal);
    const second = look('b', two.signal);
    await clock.advance(10);
    one.abort();
    await expect(first).rejects.toMatchObject({ code: 'timeout' });
    expect(signals[0]?.aborted).toBe(false);
    resolve();
    expect(await second).toBe('the b');
  });
  test('are aborted when nobody waits for them any more', async () => {
    const { look, clock, signals, holdUntil } = subject();
    holdUntil(new Promise(() => undefined));
    const control = new AbortController();
    const answer = look('a', control.signal);
    await clock.advance(10);
    control.abort();
    await expect(answer).rejects.toMatchObject({ code: 'timeout' });
    expect(signals[0]?.aborted).toBe(true);
  });
  test('send nothing for a caller that has given up', async () => {
    const { look, clock, requests } = subject();
    await expect(look('a', AbortSignal.abort())).rejects.toMatchObject({ code: 'timeout' });
    const control = new AbortController();
    const answer = look('a', control.signal);
    control.abort();
    await expect(answer).rejects.toMatchObject({ code: 'timeout' });
    await clock.advance(1000);
    expect(requests).toEqual([]);
  });
});

function withResolvers(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
