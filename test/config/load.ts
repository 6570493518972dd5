import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Configuration } from '../../src/config/configuration.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../src/config/load-configuration.ts';
import { problemText } from '../../src/config/problem.ts';
import { fakeBackends } from './fake-backends.ts';
import { remembering } from './written-settings.ts';

type Environment = Readonly<Record<string, string>>;

/** Loads a file with this content; problems name it as FILE. */
export async function loadText(
  content: string | Uint8Array,
  environment: Environment = {},
): Promise<LoadedConfiguration> {
  return withFile(content, (file) =>
    loadConfiguration({ file, environment, backends: remembering(fakeBackends) }),
  );
}

/** Provides a file with this content while `use` runs. */
export async function withFile<T>(
  content: string | Uint8Array,
  use: (file: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-config-'));
  try {
    const file = join(folder, 'config.yaml');
    await writeFile(file, content);
    return await use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function problemsOf(
  content: string | Uint8Array,
  environment: Environment = {},
): Promise<string[]> {
  const loaded = await loadText(content, environment);
  if (loaded.kind === 'usable') return [];
  return loaded.problems.map((problem) => problemText(problem).replace(/\S*\/config\.yaml/g, 'FILE'));
}

export async function configurationOf(
  content: string,
  environment: Environment = {},
): Promise<Configuration> {
  return usable(await loadText(content, environment)).configuration;
}

export function usable(loaded: LoadedConfiguration): LoadedConfiguration & { kind: 'usable' } {
  if (loaded.kind === 'usable') return loaded;
  throw new Error(loaded.problems.map(problemText).join('\n'));
}
