import type { RepositoryConfiguration } from '../../config/configuration.ts';
import { shown } from '../../core/shown.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import type { Files, FollowedPrograms } from '../../host/host.ts';
import { readPrivate } from '../read-private.ts';

/** A repository of the configuration. */
export interface NamedRepository {
  readonly name: string;
  readonly configuration: RepositoryConfiguration;
}

interface ResticCall {
  readonly args: readonly string[];
  /** For an error: "Volume db could not be backed up". */
  readonly doing: string;
  readonly directory?: string;
  /** Instead of the one that is kept. */
  readonly cache?: string | undefined;
  line?(text: string): void;
  errorLine?(text: string): void;
  /** Whether it succeeded although the exit code is not 0. */
  isAccepted?(exitCode: number): boolean;
}

export interface Restic {
  /** Runs restic, and resolves with its output. Throws a VolumeError with what it said, without secrets. */
  call(repository: NamedRepository, call: ResticCall, signal: AbortSignal): Promise<string>;
}

interface Parts {
  readonly programs: FollowedPrograms;
  readonly files: Files;
  /** A private directory: restic's cache and temporary files. */
  readonly folder: string;
  /** Seconds that a password command may take. */
  readonly passwordPatience?: number | undefined;
}

/** restic waits for it without an end, and cannot work meanwhile. */
const usualPasswordPatience = 60;

/** Secrets are in files, or in restic's environment: never in its arguments. */
export function createRestic(parts: Parts): Restic {
  const { programs, files, folder, passwordPatience = usualPasswordPatience } = parts;
  return {
    async call(repository, call, signal) {
      const { args, doing, directory = folder, line, errorLine } = call;
      const { variables, secrets } = await environmentOf(files, repository, passwordPatience, doing);
      const { cache = `${folder}/cache` } = call;
      const temporary = `${folder}/tmp`;
      for (const one of [folder, cache, temporary]) await files.makePrivateDirectory(one);
      const environment = {
        ...variables,
        RESTIC_CACHE_DIR: cache,
        TMPDIR: temporary,
        RESTIC_PROGRESS_FPS: '1',
      };
      const output: string[] = [];
      const hear = line ?? ((text: string) => void output.push(text));
      const how = { environment, directory, line: hear, ...(errorLine && { errorLine }) };
      const { exitCode, stderr } = await programs.follow('restic', args, how, signal).catch((thrown) => {
        const { code, message } = asVolumeError(thrown, 'restic failed');
        const said = withoutSecrets(message, secrets);
        throw new VolumeError(code, `${doing} in repository ${repository.name}: ${said}`);
      });
      if (exitCode === 0 || call.isAccepted?.(exitCode)) return output.join('\n');
      const said = lastLines(withoutSecrets(stderr, secrets).trim() || `exit code ${exitCode}`);
      const late = isLate(stderr) ? `the password command has not ended within ${passwordPatience} s: ` : '';
      throw new VolumeError(
        'failed',
        `${doing} in repository ${repository.name}: ${late}restic said: ${said}`,
      );
    },
  };
}

interface ResticEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** Values that must not be shown, whatever they look like. */
  readonly secrets: readonly string[];
}

async function environmentOf(
  files: Files,
  { name, configuration }: NamedRepository,
  passwordPatience: number,
  doing: string,
): Promise<ResticEnvironment> {
  const { url, urlFile, passwordFile, passwordCommand, environmentFiles } = configuration;
  const read = (path: string): Promise<string> => readPrivate(files, path, `repository ${name}`, doing);
  const given = await Promise.all(
    Object.entries(environmentFiles).map(async ([variable, path]) => [variable, await read(path)] as const),
  );
  const password = passwordFile === undefined ? [] : [await read(passwordFile)];
  const place = url ?? (await read(urlFile ?? ''));
  return {
    variables: {
      ...Object.fromEntries(given),
      RESTIC_REPOSITORY: place,
      ...(passwordFile === undefined ? {} : { RESTIC_PASSWORD_FILE: passwordFile }),
      ...(passwordCommand === undefined
        ? {}
        : { RESTIC_PASSWORD_COMMAND: `${timeout(passwordPatience)} ${passwordCommand}` }),
    },
    secrets: [
      ...given.map(([, value]) => value),
      ...password,
      ...(url === undefined ? secretsOf(place) : []),
    ],
  };
}

/** timeout(1) ends what it starts, too: that could hold the pipe which restic reads. */
function timeout(seconds: number): string {
  return `timeout -k 5 ${seconds}`;
}

/** By restic's words for what timeout(1) returns: ended in time, and killed. */
function isLate(said: string): boolean {
  return /password failed: (exit status 124|signal: killed)/.test(said);
}

/** A URL, and all before its host: restic also shows it without its kind, and a part of one that it cannot read. */
function secretsOf(url: string): readonly string[] {
  const [, access = ''] = /^(?:\w+:)?(?:\w+:\/\/)?(.*)@/s.exec(url) ?? [];
  return [url, access, ...access.split(/[:/?#]/)].filter((text) => text !== '');
}

/** Also those that do not look like one. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  return shown(secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text.trim()));
}

const mostSaid = 600;

function lastLines(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' ');
  return line.length > mostSaid ? `…${line.slice(-mostSaid)}` : line;
}
