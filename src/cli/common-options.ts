import { type Command, InvalidArgumentError } from 'commander';

export const configText = 'the configuration file (default: /etc/holdfast/config.yaml, if it exists)';

export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON: the result on stdout, errors on stderr');
}

export function withSocket(command: Command): Command {
  return command.option('--socket <path>', "path of the daemon's admin socket");
}

/** For commands that change something, as the daemon decides it. */
export function withChange(command: Command): Command {
  return command
    .option('-n, --dry-run', 'only print what would be done')
    .option('-q, --quiet', 'do not show progress');
}

/** `-o key=value`, which may be repeated. */
export function collectOption(
  pair: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = pair.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write it as key=value.');
  const key = pair.slice(0, at);
  if (Object.hasOwn(before, key)) throw new InvalidArgumentError(`${key} is given twice.`);
  return { ...before, [key]: pair.slice(at + 1) };
}
