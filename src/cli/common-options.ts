import type { Command } from 'commander';

export const configText = 'the configuration (default: /etc/holdfast/config.yaml, if there is one)';

export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON: the result on stdout, errors on stderr');
}

export function withSocket(command: Command): Command {
  return command.option('--socket <path>', "the daemon's admin socket");
}
