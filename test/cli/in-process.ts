import { Writable } from 'node:stream';
import { type CommandLineParts, runCommandLine } from '../../src/cli/run.ts';
import type { Ended } from './run-cli.ts';

/** Runs a command in this process, without a daemon or a configuration unless parts are given. */
export async function runHere(
  words: readonly string[],
  parts: Partial<CommandLineParts> = {},
): Promise<Ended> {
  let out = '';
  let err = '';
  const code = await runCommandLine(words, {
    version: '1.2.3',
    out: sink((text) => {
      out += text;
    }),
    err: sink((text) => {
      err += text;
    }),
    adminSocket: async () => '/nonexistent/admin.sock',
    loadConfiguration: async () => ({ kind: 'unusable', problems: [] }),
    openWitnesses: async () => new Map(),
    enginesWithOwn: async () => [],
    fileSystemOf: async (path) => ({ bytes: 1024 ** 3, identities: [path] }),
    recoverOffline: async () => [],
    examine: async () => [],
    secrets: [],
    serve: async () => ({ text: 'served' }),
    surroundings: nowhere,
    ...parts,
  });
  return { code, out, err };
}

const nowhere: CommandLineParts['surroundings'] = {
  isRoot: false,
  command: ['/usr/bin/node', '/opt/holdfast/dist/main.js'],
  load: async () => ({ kind: 'unusable', problems: [] }),
  clearMountpoints: async () => undefined,
  mountTable: async () => [],
  knownVolumes: async () => [],
  manager: async () => ({ isRunning: () => false, systemctl: async () => undefined }),
};

export function sink(take: (text: string) => void): Writable {
  return new Writable({
    write(chunk, _, done) {
      take(String(chunk));
      done();
    },
  });
}
