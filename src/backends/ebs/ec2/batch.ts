import { VolumeError } from '../../../core/volume-error.ts';
import { refuseAborted } from '../../shared/storage-errors.ts';
import { givenUp } from '../../shared/until-aborted.ts';
import type { Clock } from '../clock.ts';

/** Looks things up by ID; callers at about the same time share one request. Undefined: there is no such thing. */
export type Batch<T> = (id: string, signal: AbortSignal) => Promise<T | undefined>;

export interface BatchParts<T> {
  readonly clock: Clock;
  /** Milliseconds that a caller waits for others to join. */
  readonly gather: number;
  /** Milliseconds between two requests: this limits their number, and under load more callers share one. */
  readonly spacing: number;
  /** IDs in one request. */
  readonly most: number;
  /** Milliseconds during which an ID that made a request fail is asked for alone. */
  readonly remember: number;
  /** By ID. One ID that does not exist may make the whole request fail. */
  fetch(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, T>>;
  /** Why a request failed. `missing`: one of the IDs does not exist; `spoilt`: one of them is malformed. */
  blame(error: unknown): 'missing' | 'spoilt' | 'no-id';
}

interface Waiting<T> {
  readonly id: string;
  readonly signal: AbortSignal;
  resolve(value: T | undefined): void;
  reject(error: unknown): void;
}

export function createBatch<T>(parts: BatchParts<T>): Batch<T> {
  const { clock, most } = parts;
  /** The time until which an ID is asked for alone. */
  const suspects = new Map<string, number>();
  let waiting: Waiting<T>[] = [];
  let lastSentAt = Number.NEGATIVE_INFINITY;

  async function flush(): Promise<void> {
    const now = clock.now();
    const wait = Math.max(parts.gather, lastSentAt + parts.spacing - now);
    await clock.sleep(wait, new AbortController().signal);
    lastSentAt = clock.now();
    const all = waiting.filter(({ signal }) => !signal.aborted);
    waiting = [];
    const isSuspect = ({ id }: Waiting<T>) => (suspects.get(id) ?? 0) > lastSentAt;
    for (const group of groupsOf(
      all.filter((one) => !isSuspect(one)),
      most,
    ))
      void ask(group);
    for (const group of groupsOf(all.filter(isSuspect), 1)) void ask(group);
  }

  /** Never rejects: each caller gets its own answer. */
  async function ask(group: ReadonlyMap<string, readonly Waiting<T>[]>): Promise<void> {
    const callers = [...group.values()].flat();
    const interest = whileAnyWaits(callers.map(({ signal }) => signal));
    try {
      const found = await parts.fetch([...group.keys()], interest.signal);
      for (const caller of callers) caller.resolve(found.get(caller.id));
      for (const id of group.keys()) suspects.delete(id);
    } catch (error) {
      const blame = parts.blame(error);
      if (blame !== 'no-id' && group.size > 1) return void (await Promise.all(halves(group).map(ask)));
      if (blame !== 'no-id') remember(callers[0]?.id);
      for (const caller of callers) {
        if (blame === 'missing') caller.resolve(undefined);
        else caller.reject(error);
      }
    } finally {
      interest.end();
    }
  }

  function remember(id: string | undefined): void {
    const now = clock.now();
    for (const [known, until] of suspects) if (until <= now) suspects.delete(known);
    if (id !== undefined) suspects.set(id, now + parts.remember);
  }

  return async (id, signal) => {
    const doing = `The look at ${id}`;
    refuseAborted(signal, doing);
    const answer = new Promise<T | undefined>((resolve, reject) => {
      waiting.push({ id, signal, resolve, reject });
      if (waiting.length === 1) flush().catch((error) => failAll(waiting, error));
    });
    return givenUp(answer, doing, signal);
  };
}

function failAll<T>(waiting: Waiting<T>[], error: unknown): void {
  for (const { reject } of waiting.splice(0)) reject(error);
}

/** Callers by ID, at most so many IDs in each group. */
function groupsOf<T>(callers: readonly Waiting<T>[], most: number): ReadonlyMap<string, Waiting<T>[]>[] {
  const byId = new Map<string, Waiting<T>[]>();
  for (const caller of callers) byId.set(caller.id, [...(byId.get(caller.id) ?? []), caller]);
  const entries = [...byId];
  const count = Math.ceil(entries.length / most);
  return Array.from({ length: count }, (_, at) => new Map(entries.slice(at * most, (at + 1) * most)));
}

function halves<T>(group: ReadonlyMap<string, T>): ReadonlyMap<string, T>[] {
  const entries = [...group];
  const middle = Math.ceil(entries.length / 2);
  return [new Map(entries.slice(0, middle)), new Map(entries.slice(middle))];
}

/** Aborted once every caller has given up. */
function whileAnyWaits(callers: readonly AbortSignal[]): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const look = () => {
    if (!callers.every((signal) => signal.aborted)) return;
    controller.abort(new VolumeError('timeout', 'Nobody waits for it any more.'));
  };
  for (const signal of callers) signal.addEventListener('abort', look, { once: true });
  look();
  return {
    signal: controller.signal,
    end: () => {
      for (const signal of callers) signal.removeEventListener('abort', look);
    },
  };
}
