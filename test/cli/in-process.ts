import { Writable } from 'node:stream';
import type { CommandLineParts } from '../../src/cli/command-line-parts.ts';
import { runCommandLine } from '../../src/cli/run.ts';
import { createLinuxHost } from '../../src/host/linux-host.ts';
import { usersOf } from '../../src/host/mount-use/mount-namespaces.ts';
import { openTrees } from '../../src/host/trees/open-trees.ts';
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

/** This machine's. */
export async function openMoveHost() {
  const { files, close } = await createLinuxHost({ systemCalls: 'auto' });
  return { files, trees: openTrees(), usersOf: async (path: string) => usersOf(path), close };
}

const nowhere: CommandLineParts['surroundings'] = {
  isRoot: process.getuid?.() === 0,
  command: ['/usr/bin/node', '/opt/holdfast/dist/main.js'],
  load: async () => ({ kind: 'unusable', problems: [] }),
  clearMountpoints: async () => undefined,
  mountTable: async () => [],
  openMoveHost,
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
