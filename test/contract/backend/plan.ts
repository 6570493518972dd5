import { expect, test } from '@jest/globals';
import { optionsDifference } from '../../../src/core/volume.ts';
import type { Current } from './contract.ts';

export function describePlan(get: Current): void {
  const refused = (more: Readonly<Record<string, string>>): unknown => {
    try {
      return get().plan('db', more);
    } catch (error) {
      return error;
    }
  };
  const invalid = (pattern: RegExp) =>
    expect.objectContaining({ code: 'invalid', message: expect.stringMatching(pattern) });

  test('creates nothing', async () => {
    get().plan('db');
    expect(await get().names()).toEqual([]);
  });
  test('gives every volume its own ID', () => {
    expect(get().plan('db').id).not.toBe(get().plan('db').id);
  });
  test('keeps the given options separate from the effective ones', () => {
    const { given, options } = get().plan('db');
    expect(Object.keys(given).sort()).toEqual(Object.keys(get().traits.options).sort());
    expect(options).toMatchObject({ ...given, ...get().traits.resolved });
  });
  test('refuses an unknown option, and names the volume, the option and the nearest one', () => {
    const [typed, meant] = get().traits.mistyped;
    expect(refused({ [typed]: 'x' })).toEqual(invalid(new RegExp(`db.*"${typed}".*"${meant}"`)));
  });
  test.each(['__proto__', 'constructor', 'toString', ''])('treats %p as an unknown option', (option) => {
    const written = Object.fromEntries([[option, 'x']]);
    expect(refused(written)).toEqual(invalid(/db.*there is no option/));
  });
  test('refuses too many options, long values and control characters, and does not quote them', () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`x${index}`, '']));
    expect(refused(many)).toEqual(invalid(/db.*at most 64/));
    const long = refused({ [get().traits.mistyped[1]]: 'x'.repeat(1_000_000) });
    expect(long).toEqual(invalid(/db.*1000000 characters/));
    expect(String(long).length).toBeLessThan(300);
    expect(refused({ o: 'a\u0000b' })).toEqual(invalid(/db.*control character/));
  });
  test('accepts option names in capital letters', () => {
    const { options } = get().traits;
    const loud = Object.fromEntries(
      Object.entries(options).map(([key, value]) => [key.toUpperCase(), value]),
    );
    const plan = get().reopen().plan(get().plan('db').name, loud);
    expect(plan.given).toEqual(get().plan('db').given);
  });
  test('treats options of the same meaning as equal', () => {
    const [one, other] = get().traits.equalOptions;
    const [a, b] = [get().plan('db', one), get().plan('db', other)];
    expect(a.options).toEqual(b.options);
    expect(optionsDifference(a, b)).toBeUndefined();
    expect(get().plan('db', a.given).given).toEqual(a.given);
  });
  test('treats other options as different', () => {
    const [a, b] = [get().plan('db'), get().plan('db', get().traits.otherOptions)];
    expect(optionsDifference(a, b)).toBeDefined();
  });
  test('completes options from the profile, then from the defaults', () => {
    const { otherOptions } = get().traits;
    const backend = get().reopen({ defaults: otherOptions, profiles: { odd: otherOptions } });
    const wanted = get().plan('db', otherOptions).options;
    const byProfile = get().reopen({ profiles: { odd: otherOptions } });
    expect(get().plan('db', { profile: 'odd' }, byProfile).options).toEqual(wanted);
    expect(get().plan('db', {}, backend).options).toEqual(wanted);
    expect(get().plan('db', { profile: 'odd' }, backend).given.profile).toBe('odd');
  });
  test('refuses an unknown profile, and lists the existing ones', () => {
    const backend = get().reopen({ profiles: { logs: {} } });
    expect(() => get().plan('db', { profile: 'log' }, backend)).toThrow(/db.*"log".*"logs"/);
  });
  test('refuses invalid settings, defaults and profiles before it does anything', () => {
    expect(() => get().reopen({ settings: { nonsense: 1 } })).toThrow(
      expect.objectContaining({ code: 'invalid' }),
    );
    expect(() => get().reopen({ defaults: { nonsense: '1' } })).toThrow(/defaults.*nonsense/);
    expect(() => get().reopen({ profiles: { logs: { nonsense: '1' } } })).toThrow(/logs.*nonsense/);
  });
}
