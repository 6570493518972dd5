import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backends } from '../../src/backends/index.ts';
import type { DriverConfiguration, JointConfiguration } from '../../src/config/configuration.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../src/config/load-configuration.ts';
import { problemText } from '../../src/config/problem.ts';
import { silentLog } from '../../src/core/log.ts';
import { ruleFor } from '../../src/core/name-rule.ts';
import { type DriverName, parseVolumeName } from '../../src/core/names.ts';
import type { Options, Volume } from '../../src/core/volume.ts';
import type { Witness } from '../../src/core/witness.ts';
import { createFakeHost } from '../fakes/host/fake-host.ts';
import { shellWords } from './command-line.ts';
import { fencesOf, type Page } from './pages.ts';

/** A driver in a page's configuration. */
export interface PageDriver {
  /** The volume that the driver would create. Throws the driver's error. */
  plan(options: Options, name?: string): Volume;
  /** The driver that creates a new volume with this name: this one, or a member. */
  placeOf(name: string): string | undefined;
  /** The settings of its backend. */
  readonly settings: readonly string[];
}

const configTitle = '# /etc/holdfast/config.yaml\n';

/** Loads a configuration as the daemon does. */
export async function loadText(text: string): Promise<LoadedConfiguration> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-docs-'));
  try {
    const file = join(folder, 'config.yaml');
    writeFileSync(file, text);
    return await loadConfiguration({ file, environment: {}, backends });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The drivers of the configuration in a section of a page, by name; empty if there is none. */
export async function driversOf(part: Page): Promise<ReadonlyMap<string, PageDriver>> {
  const fences = fencesOf(part).filter(({ text }) => text.startsWith(configTitle));
  const [fence, ...others] = fences;
  if (others.length > 0) throw new Error(`${part.path} has ${fences.length} configurations in one part.`);
  if (fence === undefined) return new Map();
  const loaded = await loadText(fence.text);
  if (loaded.kind !== 'usable') throw new Error(loaded.problems.map(problemText).join('\n'));
  const { drivers, joints, witnesses } = loaded.configuration;
  const own = new Map<string, PageDriver>();
  for (const [name, configured] of drivers)
    own.set(name, await plainDriver(name, configured, [...witnesses.keys()]));
  return new Map([...own, ...[...joints].map(([name, joint]) => [name, jointDriver(joint, own)] as const)]);
}

async function plainDriver(
  driver: DriverName,
  { backend, settings, ...configured }: DriverConfiguration,
  witnesses: readonly string[],
): Promise<PageDriver> {
  const definition = await backends[backend]?.();
  if (definition === undefined) throw new Error(`There is no backend ${backend}.`);
  const idle = (name: string): Witness => ({ name, ask: async () => ({ says: 'unknown', seen: '' }) });
  const { plan } = settings.open({
    ...configured,
    driver,
    placeOf: (key) => key,
    host: createFakeHost(),
    workDir: '/work',
    witnesses: new Map(witnesses.map((name) => [name, idle(name)])),
    log: silentLog,
    audit: () => undefined,
  });
  return {
    plan: (options, name = 'db') => plan(parseVolumeName(name), options),
    placeOf: () => driver,
    settings: Object.keys(definition.settings.shape),
  };
}

function jointDriver(
  { rules, defaultMember }: JointConfiguration,
  members: ReadonlyMap<string, PageDriver>,
): PageDriver {
  const placeOf = (name: string) => ruleFor(name, rules)?.member ?? defaultMember;
  return {
    placeOf,
    settings: [],
    plan(options, name = 'db') {
      const member = members.get(placeOf(name) ?? '');
      if (member === undefined) throw new Error(`Nothing says where ${name} is made.`);
      return member.plan(options, name);
    },
  };
}

/** The `NAME=VALUE` words as options. */
export function optionsIn(words: readonly string[]): Options {
  const pairs = words.map((word) => /^(\w+)=(.*)$/s.exec(word)).filter((match) => match !== null);
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}

export interface Creation {
  readonly driver: string;
  readonly name: string;
  readonly options: Options;
}

/** The `holdfast volume create --driver …` commands of a section. */
export function creationsIn(part: Page): readonly Creation[] {
  const lines = fencesOf(part)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n').map(shellWords));
  return lines
    .filter((words) => words.join(' ').includes('holdfast volume create'))
    .map((words) => ({
      driver: words[words.indexOf('--driver') + 1] ?? '',
      name: words.at(-1) ?? '',
      options: optionsIn(words.filter((_, index) => words[index - 1] === '-o')),
    }));
}
