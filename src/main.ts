#!/usr/bin/env node
import { wrongNode } from './core/wrong-node.ts';

// Without a handler, Node would open its debugger.
process.on('SIGUSR1', () => undefined);
/* Older versions of Node can load this file: it names the needed version before they meet syntax that they do not know. */
const wrong = wrongNode(process.versions.node);
if (wrong === undefined) await import('./command-line.ts');
else {
  process.stderr.write(`holdfast: ${wrong}\n`);
  process.exitCode = 1;
}
