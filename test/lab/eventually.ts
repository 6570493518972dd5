import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  /** Milliseconds, 10 s unless told. */
  readonly within?: number;
  /** What to add to the message when the time is over, such as the end of a log. */
  readonly evidence?: () => Promise<string>;
}

/** Asks again and again until the answer is neither `undefined` nor `false`; what the last asking threw is reported. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  patience: Patience = {},
): Promise<T> {
  const within = patience.within ?? 10_000;
  const deadline = Date.now() + within;
  for (;;) {
    const seen = await attempt(probe);
    if (seen.answer !== undefined && seen.answer !== false) return seen.answer;
    if (Date.now() >= deadline) {
      const evidence = (await patience.evidence?.()) ?? '';
      throw new Error(`Waited ${within} ms in vain: ${what}. ${evidence}`, { cause: seen.thrown });
    }
    await sleep(25);
  }
}

interface Seen<T> {
  readonly answer?: T | undefined | false;
  readonly thrown?: unknown;
}

async function attempt<T>(probe: () => Promise<T | undefined | false>): Promise<Seen<T>> {
  try {
    return { answer: await probe() };
  } catch (thrown) {
    return { thrown };
  }
}
