import { expect } from '@jest/globals';
import type { TimedAnswer } from './trouble.ts';

/** A call of the plugin protocol to one driver. */
export type TimedCall = (method: string, body: unknown) => Promise<TimedAnswer>;

/** A method that checks nothing, so its time is that of the machine alone. */
const floorMethod = 'Capabilities';
const methods = ['Mount', 'Get', 'List', 'Unmount'] as const;
/** Milliseconds that a noisy machine may add to a median of few calls. */
const slack = 30;

/** Medians in milliseconds, by method. The floor is measured in the same rounds. */
export async function speedOf(
  call: TimedCall,
  volume: string,
  rounds: number,
): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const method of [floorMethod, ...methods]) {
      const { took, status } = await call(method, { Name: volume, ID: 'timed' });
      expect(status).toBe(200);
      seen.set(method, [...(seen.get(method) ?? []), took]);
    }
  }
  return new Map([...seen].map(([method, times]) => [method, median(times)]));
}

/** Requires that no method has become slower, beyond the machine's load as shown by the floors. */
export function requireAsFast(
  before: ReadonlyMap<string, number>,
  during: ReadonlyMap<string, number>,
): void {
  const floor = (speed: ReadonlyMap<string, number>) => speed.get(floorMethod) ?? 0;
  const load = Math.max(1, floor(during) / floor(before));
  for (const [method, usual] of before) {
    const now = during.get(method) ?? 0;
    const isSlower = now > 2 * usual * load + slack;
    expect({ method, usual, now, load, isSlower }).toMatchObject({ isSlower: false });
  }
}

/** Milliseconds in which a trouble may pass, and that a server then has to answer for an unknown name, plus a second. */
export const unknownNames = 26_000;

/** Makes a call that must not wait for a server: it may take at most `beyond` ms more than ten calls of the floor. */
export async function prompt(
  call: TimedCall,
  method: string,
  body: unknown,
  beyond = 1_000,
): Promise<TimedAnswer> {
  const floor = async () => (await call(floorMethod, {})).took;
  const before = await floor();
  const answer = await call(method, body);
  const limit = beyond + 10 * Math.max(before, await floor());
  expect({ method, body, took: answer.took, limit, isLate: answer.took > limit }).toMatchObject({
    isLate: false,
  });
  return answer;
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
