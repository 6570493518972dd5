import { useRef, useState } from 'preact/hooks';
import type { Json } from '../core/json.ts';
import type { Daemon } from './api.ts';
import { usePolling } from './use-polling.ts';

/** The last answer, and the reason if there is no newer one. */
export interface Kept<T> {
  readonly answer: T;
  readonly trouble?: string | undefined;
}

export interface Polling {
  /** Milliseconds between an answer and the next request. */
  readonly pause: number;
  onRefused(): void;
}

/** The request, and how its answer is merged with the previous one. */
export interface Question {
  pathOf(before: Json): string;
  merge(before: Json, answer: Json): Json;
}

/** An answer that replaces the previous one. */
export function whole(path: string): Question {
  return { pathOf: () => path, merge: (_, answer) => answer };
}

export function useAnswer(
  daemon: Daemon,
  { pathOf, merge }: Question,
  { pause, onRefused }: Polling,
): Kept<Json> {
  const [kept, keep] = useState<Kept<Json>>({ answer: undefined });
  const last = useRef<Json>(undefined);
  usePolling(daemon, pause, async (signal) => {
    const asked = await daemon.ask(pathOf(last.current), signal);
    if (signal.aborted) return;
    if (asked.kind === 'refused') onRefused();
    if (asked.kind === 'failed') keep(({ answer }) => ({ answer, trouble: asked.reason }));
    if (asked.kind !== 'told') return;
    last.current = merge(last.current, asked.answer);
    keep({ answer: last.current });
  });
  return kept;
}
