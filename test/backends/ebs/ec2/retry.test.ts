import { setMaxListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { ec2Actions } from '../../../../src/backends/ebs/ec2/actions.ts';
import { createPace } from '../../../../src/backends/ebs/ec2/rate-limiter.ts';
import { awsLimits, type Limits, noLimits } from '../../../../src/backends/ebs/ec2/rate-limits.ts';
import { type CallParts, createCalls } from '../../../../src/backends/ebs/ec2/retry.ts';
import { createManualClock } from '../manual-clock.ts';

const forever = new AbortController().signal;
setMaxListeners(0, forever);
const throttled = failure('RequestLimitExceeded', 503);

function failure(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error('no'), { name, $metadata: { httpStatusCode } });
}

function subject(limits: Limits = noLimits) {
  const clock = createManualClock();
  const states: string[] = [];
  const parts: CallParts = {
    clock,
    pace: createPace(clock, limits),
    place: 'eu-test-1',
    note: (state) => void states.push(state),
    onThrottled: () => undefined,
    onAnswer: () => undefined,
    random: () => 1,
  };
  const calls = createCalls(parts);
  /** A request that fails with these errors and then succeeds, and the times at which it was sent. */
  const send = (
    failures: readonly unknown[],
    signal: AbortSignal = forever,
    action = 'AttachVolume' as const,
  ) => {
    const left = [...failures];
    const at: number[] = [];
    const outcome = calls.send(
      action,
      async () => {
        at.push(clock.now());
        if (left.length > 0) throw left.shift();
        return 'done';
      },
      signal,
    );
    outcome.catch(() => undefined);
    return { at, outcome };
  };
  return { clock, calls, send, states };
}

describe('a request', () => {
  test('that is refused after an answer was lost says that the first one may have taken effect', async () => {
    const refused = (failures: readonly unknown[]) => {
      const { send, clock } = subject();
      const { outcome } = send([...failures, failure('VolumeLimitExceeded', 400)]);
      return clock.advance(10_000).then(() => outcome.catch((error: unknown) => error));
    };
    const lost = failure('InternalError', 500);
    expect(await refused([])).toMatchObject({ code: 'VolumeLimitExceeded', mayBeDone: false });
    expect(await refused([throttled])).toMatchObject({ code: 'VolumeLimitExceeded', mayBeDone: false });
    expect(await refused([lost])).toMatchObject({ code: 'VolumeLimitExceeded', mayBeDone: true });
    expect(await refused([lost, throttled])).toMatchObject({ mayBeDone: true });
  });
  test('that is refused is not repeated', async () => {
    const { send, calls } = subject();
    const { outcome } = send([failure('VolumeInUse', 400)]);
    await expect(outcome).rejects.toMatchObject({
      name: 'Ec2Error',
      code: 'VolumeInUse',
      action: 'AttachVolume',
    });
    expect(calls.sent.get('AttachVolume')).toBe(1);
  });

  test('whose answer was lost is repeated with growing delays', async () => {
    const { send, clock, calls } = subject();
    const lost = Array.from({ length: 8 }, () => failure('InternalError', 500));
    const { at, outcome } = send(lost);
    await clock.advance(60_000);
    await expect(outcome).resolves.toBe('done');
    expect(at.map((time, index) => time - (at[index - 1] ?? 0))).toEqual([
      0, 200, 400, 800, 1600, 3200, 5000, 5000, 5000,
    ]);
    expect(calls.sent.get('AttachVolume')).toBe(9);
  });

  test('rule 13: that is throttled is repeated, and counted', async () => {
    const { send, clock, calls } = subject();
    const { at, outcome } = send([throttled, throttled, throttled]);
    await clock.advance(10_000);
    await expect(outcome).resolves.toBe('done');
    expect(at).toEqual([0, 200, 600, 1400]);
    expect(calls.throttled.get('AttachVolume')).toBe(3);
  });

  test("ends at its caller's deadline, and says what it waited for", async () => {
    const { send, clock } = subject();
    const control = new AbortController();
    const { outcome } = send(
      Array.from({ length: 1000 }, () => throttled),
      control.signal,
    );
    await clock.advance(30_000);
    control.abort(new Error('late'));
    await expect(outcome).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(
        /AttachVolume timed out.*too many requests.*RequestLimitExceeded.*retry/,
      ),
    });
  });

  test('that hangs also ends at the deadline', async () => {
    const { calls } = subject();
    const control = new AbortController();
    const outcome = calls.send(
      'AttachVolume',
      ({ abortSignal }) =>
        new Promise((_, reject) => abortSignal.addEventListener('abort', () => reject(new Error('aborted')))),
      control.signal,
    );
    setImmediate(() => control.abort());
    await expect(outcome).rejects.toMatchObject({
      code: 'timeout',
      message: /EC2 at eu-test-1 did not answer/,
    });
  });

  test('to an unreachable endpoint fails after some attempts, long before the deadline', async () => {
    const { send, clock } = subject();
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const { at, outcome } = send(Array.from({ length: 100 }, () => refused));
    await clock.advance(10_000);
    await expect(outcome).rejects.toMatchObject({
      code: 'unavailable',
      message:
        /EC2 at eu-test-1 cannot be reached \(ECONNREFUSED.*check the network, the region and the endpoint/,
    });
    expect(at).toHaveLength(6);
  });

  test('without credentials is reported at once', async () => {
    const { send } = subject();
    const none = Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' });
    await expect(send([none]).outcome).rejects.toMatchObject({
      code: 'unavailable',
      message: /no AWS credentials .*give the instance an IAM role/,
    });
  });

  test.each<[string, readonly unknown[], readonly string[]]>([
    ['an answer', [], ['ok']],
    ['a refusal of the request', [failure('VolumeInUse', 400)], ['ok']],
    ['credentials that are not accepted', [failure('AuthFailure', 401)], ['refused']],
    [
      'no credentials',
      [Object.assign(new Error('x'), { name: 'CredentialsProviderError' })],
      ['no-credentials'],
    ],
    ['one lost answer', [failure('InternalError', 500)], ['ok']],
    ['two lost answers', [1, 2].map(() => failure('InternalError', 500)), ['no-reply', 'ok']],
    ['throttling once', [throttled], ['ok']],
    ['throttling again', [throttled, throttled], ['throttled', 'ok']],
    [
      'no connection',
      [1, 2].map(() => Object.assign(new Error('x'), { code: 'ECONNREFUSED' })),
      ['unreachable', 'ok'],
    ],
  ])('reports that it met %s', async (_, failures, met) => {
    const { send, clock, states } = subject();
    const { outcome } = send(failures);
    await clock.advance(60_000);
    await outcome.catch(() => undefined);
    expect(states).toEqual(met);
  });
  test('that is aborted during trouble also reports that trouble', async () => {
    const { send, clock, states } = subject();
    const control = new AbortController();
    const { outcome } = send(
      Array.from({ length: 9 }, () => failure('InternalError', 500)),
      control.signal,
    );
    await clock.advance(100);
    control.abort();
    await expect(outcome).rejects.toMatchObject({ code: 'timeout' });
    expect(states).toEqual(['no-reply']);
  });

  test('passes other errors on unchanged', async () => {
    await expect(subject().send([new TypeError('a bug')]).outcome).rejects.toThrow(TypeError);
  });
});

describe('the rate limiter', () => {
  test.each<readonly [string, number, number]>([
    ['AttachVolume', 50, 5],
    ['CreateVolume', 100, 5],
    ['DescribeVolumes', 100, 20],
  ])("rule 12: keeps %s below AWS's bucket of %i and %i per second", async (action, size, refill) => {
    const { clock, calls } = subject(awsLimits);
    const at: number[] = [];
    const once = async () => void at.push(clock.now());
    const all = Array.from({ length: 200 }, () => calls.send(action as 'AttachVolume', once, forever));
    await clock.advance(60_000);
    await Promise.all(all);
    expect(at.filter((time) => time === 0)).toHaveLength(size * 0.9);
    for (const [index, time] of at.entries())
      expect(index + 1).toBeLessThanOrEqual(size + (time * refill) / 1000);
  });

  test('keeps all actions together below the limit of one', async () => {
    const { clock, calls } = subject(awsLimits);
    let sent = 0;
    const once = async () => {
      sent += 1;
    };
    for (const action of ec2Actions) {
      for (let time = 0; time < 40; time++) void calls.send(action, once, forever);
    }
    await clock.advance(0);
    expect(sent).toBe(90);
    await clock.advance(1000);
    expect(sent).toBe(108);
  });

  test('slows an action down once if many requests are throttled together, and recovers', async () => {
    const { send, clock } = subject();
    const many = Array.from({ length: 20 }, () => send([throttled]));
    await clock.advance(0);
    expect(many.every(({ at }) => at.length === 1)).toBe(true);
    await clock.advance(20_000);
    const repeats = many.map(({ at }) => at[1] ?? Number.NaN);
    expect(Math.min(...repeats)).toBe(200);
    expect(Math.max(...repeats)).toBeLessThan(4200);
    const after = Array.from({ length: 30 }, () => send([]));
    await clock.advance(20_000);
    await Promise.all(after.map(({ outcome }) => outcome));
    const later = [send([]), send([]), send([])];
    await clock.advance(0);
    expect(later.map(({ at }) => at.length)).toEqual([1, 1, 1]);
  });

  test('does not slow down other actions', async () => {
    const { send, clock, calls } = subject();
    send(Array.from({ length: 5 }, () => throttled));
    await clock.advance(0);
    const other = calls.send('DescribeVolumes', async () => 'at once', forever);
    await expect(other).resolves.toBe('at once');
  });
});
