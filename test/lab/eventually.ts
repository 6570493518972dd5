import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  /** Added to the message of a timeout, such as the end of a log. */
  readonly evidence?: () => Promise<string>;
}

/**
 * Milliseconds after which a wait has failed. It is long enough for any busy machine, and tests no speed: tests of speed compare
 * with a limit of the protocol, or with a measurement of the same run.
 */
const within = 100_000;

/** Repeats the probe until its result is neither `undefined` nor `false`. A timeout reports the last error. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  patience: Patience = {},
): Promise<T> {
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
