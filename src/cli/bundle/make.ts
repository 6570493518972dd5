import { open, rm } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { LoadedConfiguration } from '../../config/load-configuration.ts';
import { wordsOf } from '../../core/error-words.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import type { CommandResult } from '../command-result.ts';
import { cleanText } from './clean.ts';
import type { Machine } from './machine.ts';
import { type Part, partsOf, type Sources } from './parts.ts';
import { type ArchiveFile, tarGz } from './tar.ts';

/** A part, or why it is missing. */
interface Collected {
  readonly name: string;
  readonly text?: string;
  readonly error?: string;
}

export interface BundleHow {
  /** Default: a name with the time, in the working directory. */
  readonly output?: string | undefined;
  /** Values of the environment's secret variables. */
  readonly secrets: readonly string[];
}

/**
 * Collects the state of this host into one archive, without secrets. A part that fails or takes too long is named in the
 * archive and in a warning, and does not stop the others.
 */
export async function makeBundle(sources: Sources, how: BundleHow): Promise<CommandResult> {
  const time = new Date(sources.now).toISOString();
  const path = resolve(how.output ?? `holdfast-support-${time.slice(0, 19).replace(/[-:]/g, '')}Z.tar.gz`);
  const file = await create(path);
  try {
    const secrets = [...how.secrets, ...(await secretsIn(sources.loaded, sources.machine))];
    const collected = await Promise.all(partsOf(sources).map((part) => collect(part, secrets)));
    const missing = collected.flatMap(({ name, error }) => (error === undefined ? [] : [{ name, error }]));
    const about = {
      madeAt: time,
      version: sources.version,
      parts: collected.map(({ name }) => name),
      missing,
    };
    const folder = basename(path).replace(/\.tar\.gz$|\.tgz$/, '');
    const files = [{ name: 'bundle.json', text: cleanText(about, secrets) }, ...collected.flatMap(present)];
    await file.writeFile(
      tarGz(
        files.map(({ name, text }) => ({ name: `${folder.slice(0, 60)}/${name}`, text })),
        sources.now,
      ),
    );
    return {
      json: { file: path, parts: files.map(({ name }) => name), missing },
      text: `Wrote ${path}. Secrets were removed; look through it before you give it to others: tar -xzf ${path}`,
      warnings: missing.map(({ name, error }) => `The bundle lacks ${name}: ${error}`),
    };
  } catch (error) {
    await rm(path, { force: true });
    throw asVolumeError(error, `The bundle could not be written to ${path}`);
  } finally {
    await file.close();
  }
}

/** Creates the file readable only by its owner. */
async function create(path: string): Promise<Awaited<ReturnType<typeof open>>> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    if (typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'EEXIST')
      throw new VolumeError('conflict', `${path} exists: choose another file with --output.`, { cause });
    throw new VolumeError('failed', `${path} cannot be written: ${wordsOf(cause)}.`, { cause });
  }
}

async function collect(
  { name, deadline, collect: work }: Part,
  secrets: readonly string[],
): Promise<Collected> {
  const signal = AbortSignal.timeout(deadline);
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`It was not there within ${deadline / 1000} s.`);
    signal.addEventListener('abort', () => reject(error), { once: true });
  });
  try {
    return { name, text: cleanText(await Promise.race([work(signal), late]), secrets) };
  } catch (error) {
    return { name, error: cleanText(wordsOf(error), secrets) };
  }
}

function present({ name, text }: Collected): readonly ArchiveFile[] {
  return text === undefined ? [] : [{ name, text }];
}

/** The content of the files with secrets that the configuration names, so that it is found in any place. */
async function secretsIn(loaded: LoadedConfiguration, machine: Machine): Promise<readonly string[]> {
  if (loaded.kind === 'unusable') return [];
  const { adminTcp, witnesses } = loaded.configuration;
  const files = [
    adminTcp?.tokenFile,
    ...Array.from(witnesses.values(), ({ credentialsFile }) => credentialsFile),
  ];
  const texts = files.flatMap((path) => (path === undefined ? [] : [machine.read(path).catch(() => '')]));
  return (await Promise.all(texts)).flatMap((text) => text.split(/\s+/));
}
