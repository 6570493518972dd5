import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createDeviceNames, deviceNames } from '../../../../src/backends/ebs/state/device-names.ts';

const hour = 3_600_000;

function subject() {
  const clock = { now: 0 };
  return { clock, names: createDeviceNames(() => clock.now) };
}

/** The next name; its lease is released at once. */
function nextOf({ names }: ReturnType<typeof subject>, used: readonly string[] = []): string {
  const lease = names.take(used);
  lease.release();
  return lease.name;
}

describe('rule 21: device names', () => {
  test('are the two-letter ones that every instance accepts', () => {
    expect(deviceNames).toHaveLength(52);
    expect(deviceNames[0]).toBe('/dev/xvdba');
    expect(deviceNames.at(-1)).toBe('/dev/xvdcz');
  });
  test('rotate, so that a name just freed is not the next one', () => {
    const it = subject();
    expect(deviceNames.map(() => nextOf(it))).toEqual(deviceNames);
    expect(nextOf(it)).toBe('/dev/xvdba');
  });
  test('that are in use in any spelling are not chosen', () => {
    expect(nextOf(subject(), ['/dev/sdba', 'xvdbb', '/dev/xvdbc', '/dev/sda1'])).toBe('/dev/xvdbd');
  });
  test('of running calls are reserved until they are released', () => {
    const { names } = subject();
    const leases = deviceNames.map(() => names.take([]));
    expect(new Set(leases.map(({ name }) => name)).size).toBe(52);
    expect(() => names.take([])).toThrow(expect.objectContaining({ code: 'unavailable' }));
    leases[7]?.release();
    expect(names.take([]).name).toBe(leases[7]?.name);
  });
  test('that failed are the last choice for an hour, the earliest failure first', () => {
    const it = subject();
    for (const _ of deviceNames.slice(0, 3)) {
      const lease = it.names.take([]);
      lease.failed();
      lease.release();
      it.clock.now += 1000;
    }
    const others = deviceNames.slice(3);
    expect(others.map(() => nextOf(it))).toEqual(others);
    expect(nextOf(it)).toBe('/dev/xvdbd');
    expect(nextOf(it, others)).toBe('/dev/xvdba');
    expect(nextOf(it, [...others, '/dev/xvdba'])).toBe('/dev/xvdbb');
    it.clock.now = hour;
    expect(nextOf(it, others.slice(1))).toBe('/dev/xvdbd');
    expect(nextOf(it, others)).toBe('/dev/xvdba');
  });
  test('are exhausted with an error that says what uses them', () => {
    expect(() => subject().names.take(deviceNames)).toThrow(/All 52 device names.*52 volumes.*another host/);
  });
  test('are never given twice, for any sequence of reserves and releases', () => {
    const step = fc.record({ what: fc.constantFrom('take', 'release', 'fail'), at: fc.nat(60) });
    fc.assert(
      fc.property(fc.array(step), fc.subarray([...deviceNames]), (steps, used) => {
        const { names } = subject();
        const held: ReturnType<typeof names.take>[] = [];
        for (const { what, at } of steps) {
          if (what === 'take' && held.length + used.length < 52) {
            const lease = names.take(used);
            expect([...used, ...held.map(({ name }) => name)]).not.toContain(lease.name);
            held.push(lease);
          }
          if (what === 'fail') held[at % held.length]?.failed();
          if (what === 'release')
            for (const lease of held.splice(at % (held.length || 1), 1)) lease.release();
        }
      }),
    );
  });
});
