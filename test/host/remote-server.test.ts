import { afterEach, describe, expect, test } from '@jest/globals';
import type { Carrier } from '../../src/host/carrier.ts';
import type { RemoteCall } from '../../src/host/remote-calls.ts';
import { createRemoteServer, type RemoteServer } from '../../src/host/remote-server.ts';

interface Pending {
  readonly path: string;
  finish(value: unknown): void;
}

/** Carriers that answer when the test says so, and end when it says so. */
function lab(times: { readonly patience?: number; readonly idle?: number } = {}) {
  const pending: Pending[] = [];
  const carriers: { killed: boolean; end(): void }[] = [];
  function start(): Carrier {
    const failures: ((error: Error) => void)[] = [];
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const carrier = {
      killed: false,
      end: () => {
        end();
        for (const fail of failures) fail(new Error('lost'));
      },
    };
    carriers.push(carrier);
    return {
      ended,
      kill: () => {
        carrier.killed = true;
      },
      make: <T>({ args }: RemoteCall) =>
        new Promise<T>((resolve, reject) => {
          failures.push(reject);
          pending.push({ path: `${args[0]}`, finish: resolve });
        }),
    };
  }
  const server = createRemoteServer({ name: 's', start, patience: 10_000, idle: 10_000, ...times });
  const read = (path: string) => server.make<string>({ name: 'readText', args: [path] });
  const remove = (path: string, signal: AbortSignal) =>
    server.make<void>({ name: 'removeTree', args: [path], signal });
  return { server, read, remove, pending, carriers };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Whether each was answered or refused, and how. */
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

  test('begin nothing before the first', () => {
    expect(use().carriers).toHaveLength(0);
  });
  test('are made eight at a time, the others in turn', async () => {
    const { read, pending, carriers } = use();
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
    expect(carriers).toHaveLength(1);
  });
  test('take all others with them when one gets no answer, and nothing is begun until the end', async () => {
    const { read, carriers, pending } = use({ patience: 50 });
    const calls = Array.from({ length: 12 }, (_, index) => read(`/${index}`));
    expect(new Set(await outcomes(calls))).toEqual(new Set(['ETIMEDOUT']));
    await expect(calls[9]).rejects.toThrow("ETIMEDOUT: no answer from s for 0.05 s, readText '/9'");
    expect(carriers).toMatchObject([{ killed: true }]);
    expect(await outcomes([read('/again')])).toEqual(['ETIMEDOUT']);
    await later(80);
    expect(await outcomes([read('/again')])).toEqual(['ETIMEDOUT']);
    expect(carriers).toHaveLength(1);
    carriers[0]?.end();
    await turn();
    const again = read('/again');
    await turn();
    expect(carriers).toHaveLength(2);
    pending.at(-1)?.finish('text');
    expect(await again).toBe('text');
  });
  test('are lost with what makes them, and the next one begins anew', async () => {
    const { read, carriers, pending } = use();
    const lost = read('/a');
    const repeated = lost.catch(() => read('/b'));
    await turn();
    carriers[0]?.end();
    await turn();
    pending.at(-1)?.finish('text');
    expect(await repeated).toBe('text');
    expect(carriers).toHaveLength(2);
  });
  test('that cannot even be begun are refused', async () => {
    const server = createRemoteServer({
      name: 's',
      start: () => {
        throw new Error('no process');
      },
      patience: 1000,
      idle: 1000,
    });
    await expect(server.make({ name: 'list', args: ['/'] })).rejects.toThrow('no process');
    await server.close();
  });
  test('leave nothing behind once none comes for a while', async () => {
    const { read, carriers, pending } = use({ idle: 40 });
    const first = read('/a');
    await turn();
    await later(60);
    expect(carriers[0]?.killed).toBe(false);
    pending[0]?.finish('a');
    await first;
    await later(80);
    expect(carriers[0]?.killed).toBe(true);
    const next = read('/b');
    await turn();
    pending[1]?.finish('b');
    expect(await next).toBe('b');
    expect(carriers).toHaveLength(2);
  });
  test('are refused once it is closed, those that wait too', async () => {
    const { server, read, carriers } = use();
    const calls = Array.from({ length: 9 }, (_, index) => read(`/${index}`));
    const settled = outcomes(calls);
    const closing = server.close();
    carriers[0]?.end();
    await closing;
    expect(new Set(await settled)).toEqual(new Set(['ECANCELED']));
    expect(await outcomes([read('/late')])).toEqual(['ECANCELED']);
  });
});

describe('a removal', () => {
  test('holds up nobody, and may take longer than any other call', async () => {
    const { server, read, remove, pending, carriers } = lab({ patience: 50 });
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
    expect(carriers).toMatchObject([{ killed: false }]);
    for (const { finish } of pending) finish('removed');
    expect(new Set(await settled)).toEqual(new Set(['removed']));
    carriers[0]?.end();
    await server.close();
  });
  test('that is given up has as much time to say so as any other call', async () => {
    const { server, remove, carriers } = lab({ patience: 50 });
    const abort = new AbortController();
    const settled = outcomes([remove('/r', abort.signal)]);
    await later(80);
    expect(carriers).toMatchObject([{ killed: false }]);
    abort.abort();
    expect(await settled).toEqual(['ETIMEDOUT']);
    expect(carriers).toMatchObject([{ killed: true }]);
    carriers[0]?.end();
    await server.close();
  });
});
