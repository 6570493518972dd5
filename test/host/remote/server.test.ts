import { afterEach, describe, expect, test } from '@jest/globals';
import type { CallRunner } from '../../../src/host/remote/call-runner.ts';
import type { RemoteCall } from '../../../src/host/remote/calls.ts';
import { createRemoteServer, type RemoteServer } from '../../../src/host/remote/server.ts';
import { eventually } from '../../lab/eventually.ts';

interface Pending {
  readonly path: string;
  finish(value: unknown): void;
}

/** Call runners that answer, and end, when the test says so. */
function lab(
  times: { readonly patience?: number; readonly startup?: number; readonly idle?: number } = {},
  ready = Promise.resolve(),
) {
  const pending: Pending[] = [];
  const runners: { killed: boolean; end(): void }[] = [];
  function start(): CallRunner {
    const failures: ((error: Error) => void)[] = [];
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const runner = {
      killed: false,
      end: () => {
        end();
        for (const fail of failures) fail(new Error('lost'));
      },
    };
    runners.push(runner);
    return {
      ready,
      ended,
      kill: () => {
        runner.killed = true;
      },
      make: <T>({ args }: RemoteCall) =>
        new Promise<T>((resolve, reject) => {
          failures.push(reject);
          pending.push({ path: `${args[0]}`, finish: resolve });
        }),
    };
  }
  const server = createRemoteServer({
    name: 's',
    start,
    patience: 10_000,
    startup: 10_000,
    idle: 10_000,
    ...times,
  });
  const read = (path: string) => server.make<string>({ name: 'readText', args: [path] });
  const remove = (path: string, signal: AbortSignal) =>
    server.make<void>({ name: 'removeTree', args: [path], signal });
  return { server, read, remove, pending, runners };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The outcome of each call. */
async function outcomes(calls: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((one) =>
    one.status === 'fulfilled' ? one.value : (one.reason.code ?? one.reason.message),
  );
}

describe('the calls of a server', () => {
  let open: RemoteServer | undefined;
  const use = (times?: { readonly patience?: number; readonly idle?: number }) => {
    const made = lab(times);
    open = made.server;
    return made;
  };
  afterEach(async () => {
    await open?.close();
  });

  test('start no process before the first', () => {
    expect(use().runners).toHaveLength(0);
  });
  test('run eight at a time, the others are queued', async () => {
    const { read, pending, runners } = use();
    const calls = Array.from({ length: 10 }, (_, index) => read(`/${index}`));
    await turn();
    expect(pending.map(({ path }) => path)).toEqual(['/0', '/1', '/2', '/3', '/4', '/5', '/6', '/7']);
    pending[3]?.finish('three');
    expect(await calls[3]).toBe('three');
    await turn();
    expect(pending.at(-1)?.path).toBe('/8');
    expect(pending).toHaveLength(9);
    for (const { finish } of pending) finish('done');
    await turn();
    pending.at(-1)?.finish('done');
    await Promise.all(calls);
    expect(runners).toHaveLength(1);
  });
  test('all fail if one gets no answer, and no process starts until the old one has ended', async () => {
    const { read, runners, pending } = use({ patience: 50 });
    const calls = Array.from({ length: 12 }, (_, index) => read(`/${index}`));
    expect(new Set(await outcomes(calls))).toEqual(new Set(['ETIMEDOUT']));
    await expect(calls[9]).rejects.toThrow("ETIMEDOUT: no answer from s for 0.05 s, readText '/9'");
    expect(runners).toMatchObject([{ killed: true }]);
    expect(await outcomes([read('/again')])).toEqual(['ETIMEDOUT']);
    await later(80);
    expect(await outcomes([read('/again')])).toEqual(['ETIMEDOUT']);
    expect(runners).toHaveLength(1);
    runners[0]?.end();
    await turn();
    const again = read('/again');
    await turn();
    expect(runners).toHaveLength(2);
    pending.at(-1)?.finish('text');
    expect(await again).toBe('text');
  });
  test('fail with their runner, and the next one starts a new runner', async () => {
    const { read, runners, pending } = use();
    const lost = read('/a');
    const repeated = lost.catch(() => read('/b'));
    await turn();
    runners[0]?.end();
    await turn();
    pending.at(-1)?.finish('text');
    expect(await repeated).toBe('text');
    expect(runners).toHaveLength(2);
  });
  test('are refused if the runner cannot start', async () => {
    const server = createRemoteServer({
      name: 's',
      start: () => {
        throw new Error('no process');
      },
      patience: 1000,
      startup: 1000,
      idle: 1000,
    });
    await expect(server.make({ name: 'list', args: ['/'] })).rejects.toThrow('no process');
    await server.close();
  });
  test('leave no runner when idle', async () => {
    const { read, runners, pending } = use({ idle: 40 });
    const first = read('/a');
    await turn();
    await later(60);
    expect(runners[0]?.killed).toBe(false);
    pending[0]?.finish('a');
    await first;
    await eventually('it is killed', async () => runners[0]?.killed === true);
    const next = read('/b');
    await turn();
    pending[1]?.finish('b');
    expect(await next).toBe('b');
    expect(runners).toHaveLength(2);
  });
  test('are refused after a close, even queued ones', async () => {
    const { server, read, runners } = use();
    const calls = Array.from({ length: 9 }, (_, index) => read(`/${index}`));
    const settled = outcomes(calls);
    const closing = server.close();
    runners[0]?.end();
    await closing;
    expect(new Set(await settled)).toEqual(new Set(['ECANCELED']));
    expect(await outcomes([read('/late')])).toEqual(['ECANCELED']);
  });
});

describe('a process that starts slowly', () => {
  test('does not reduce the time of calls', async () => {
    let start = (): void => undefined;
    const ready = new Promise<void>((resolve) => {
      start = resolve;
    });
    const { server, read, pending, runners } = lab({ patience: 300 }, ready);
    const call = read('/a');
    await later(250);
    start();
    await later(250);
    expect(runners).toMatchObject([{ killed: false }]);
    pending[0]?.finish('text');
    expect(await call).toBe('text');
    runners[0]?.end();
    await server.close();
  });
  test('is waited for by ready(), and given up with the reason after a timeout', async () => {
    const { server, read, runners } = lab({ startup: 100 }, new Promise<void>(() => undefined));
    const [call, ready] = [outcomes([read('/a')]), outcomes([server.ready()])];
    await later(50);
    expect(runners).toMatchObject([{ killed: false }]);
    expect(await call).toEqual(['EREMOTEIO']);
    expect(runners).toMatchObject([{ killed: true }]);
    await expect(read('/b')).rejects.toThrow(
      /did not start within 0.1 s: check whether this host is overloaded/,
    );
    runners[0]?.end();
    await server.close();
    void ready;
  });
});

describe('a process that gets no answer', () => {
  test('is the reason of ready() while it has not ended', async () => {
    const { server, read, runners } = lab({ patience: 50 });
    const call = outcomes([read('/a')]);
    expect(await outcomes([server.ready()])).toEqual([undefined]);
    expect(await call).toEqual(['ETIMEDOUT']);
    expect(await outcomes([server.ready()])).toEqual(['ETIMEDOUT']);
    runners[0]?.end();
    await turn();
    expect(await outcomes([server.ready()])).toEqual([undefined]);
    runners[1]?.end();
    await server.close();
  });
});

describe('a removal', () => {
  test('blocks no other call, and may take longer', async () => {
    const { server, read, remove, pending, runners } = lab({ patience: 50 });
    const removals = Array.from({ length: 10 }, (_, index) =>
      remove(`/r${index}`, new AbortController().signal),
    );
    const settled = outcomes(removals);
    const call = read('/a');
    await turn();
    expect(pending).toHaveLength(11);
    pending.at(-1)?.finish('text');
    expect(await call).toBe('text');
    await later(100);
    expect(runners).toMatchObject([{ killed: false }]);
    for (const { finish } of pending) finish('removed');
    expect(new Set(await settled)).toEqual(new Set(['removed']));
    runners[0]?.end();
    await server.close();
  });
  test('does not begin if its signal was aborted before', async () => {
    const { server, remove, pending, runners } = lab();
    expect(await outcomes([remove('/r', AbortSignal.abort())])).toEqual(['timeout']);
    expect([pending, runners]).toEqual([[], []]);
    await server.close();
  });
  test('has the normal timeout after its abort', async () => {
    const { server, remove, runners } = lab({ patience: 50 });
    const abort = new AbortController();
    const settled = outcomes([remove('/r', abort.signal)]);
    await later(80);
    expect(runners).toMatchObject([{ killed: false }]);
    abort.abort();
    expect(await settled).toEqual(['ETIMEDOUT']);
    expect(runners).toMatchObject([{ killed: true }]);
    runners[0]?.end();
    await server.close();
  });
});
