import type { Command } from 'commander';
import type { CommandResult } from '../command-result.ts';
import { configText, withJson, withSocket } from '../common-options.ts';

interface BundleOptions {
  readonly config?: string;
  readonly socket?: string;
  readonly output?: string;
}

export interface BundleParts {
  supportBundle(options: BundleOptions): Promise<CommandResult>;
  finish(result: CommandResult): void;
}

export function addBundleCommand(program: Command, parts: BundleParts): void {
  withJson(withSocket(program.command('support-bundle')))
    .description('write what tells how this host is to one file')
    .option('-o, --output <file>', 'the file (default: holdfast-support-TIME.tar.gz here); never overwritten')
    .option('-c, --config <file>', configText)
    .action(async (options: BundleOptions) => parts.finish(await parts.supportBundle(options)));
}
