import { describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { withMemory } from './memory/registry.ts';

describe.each(Object.entries(withMemory))('the backend %s', (name, load) => {
  test('is loaded under its own name, and has a description', async () => {
    const definition = await load();
    expect(definition.name).toBe(name);
    expect(definition.summary).toMatch(/\.$/);
  });
  test('describes every setting and every option', async () => {
    const { settings, options } = await load();
    for (const [key, setting] of Object.entries(settings.shape)) {
      expect([key, z.globalRegistry.get(setting)?.description]).toEqual([key, expect.stringMatching(/\w/)]);
    }
    for (const option of options) {
      expect(option.description).toMatch(/\.$/);
      expect([option.name, ...option.aliases]).toContain(option.example.split('=')[0]);
    }
  });
  test('has no ambiguous option name', async () => {
    const { options } = await load();
    const spellings = options
      .flatMap(({ name, aliases }) => [name, ...aliases])
      .map((text) => text.toLowerCase());
    expect(spellings).toEqual([...new Set(spellings)]);
  });
  test('has no option `member`: joint drivers use it', async () => {
    const { options } = await load();
    const spellings = options.flatMap(({ name: option, aliases }) => [option, ...aliases]);
    expect(spellings.filter((text) => text.toLowerCase() === 'member')).toEqual([]);
  });
  test('checks the options of a configuration', async () => {
    const { checkOptions } = await load();
    checkOptions({});
    expect(() => checkOptions({ nonsense: '1' })).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});
