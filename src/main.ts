#!/usr/bin/env node
import { wrongNode } from './core/wrong-node.ts';
import { openBundle } from './launch/bundle.ts';
import { widenThreadPool } from './launch/thread-pool.ts';

/** What `command-line.ts` exports. */
interface Program {
  runProgram(code: { readonly isKept: boolean; keep(run: 'start'): void }): Promise<void>;
  loadDaemon(): Promise<void>;
}

/** The bundle's name contains its hash: `scripts/bundle.mjs`. */
declare const BUNDLE: string;

// Without a handler, Node would open its debugger.
process.on('SIGUSR1', () => undefined);
/* Older versions of Node can load this file: it names the needed version before they meet syntax that they do not know. */
const wrong = wrongNode(process.versions.node);
if (wrong === undefined) start();
else {
  process.stderr.write(`holdfast: ${wrong}\n`);
  process.exitCode = 1;
}

function start(): void {
  if (process.argv[2] === 'serve') widenThreadPool();
  const bundle = openBundle(__dirname, BUNDLE);
  const program = bundle.load('./program.js') as Program;
  // For builds: compiles the daemon, so that its first start is as fast as any other.
  if (process.argv[2] === '__compile') program.loadDaemon().then(() => bundle.keep('build'));
  else program.runProgram(bundle);
}
