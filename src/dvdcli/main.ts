#!/usr/bin/env node
import { wrongNode } from '../core/wrong-node.ts';
import { usualPlaces } from './plugin.ts';
import { runDvdcli } from './run.ts';

/* Argv in, exit code out. Runs once per task and volume, so a mount loads only what it needs: docs/performance.md. */

// Node would open its debugger.
process.on('SIGUSR1', () => undefined);
const wrong = wrongNode(process.versions.node);
if (wrong === undefined)
  runDvdcli(process.argv.slice(2), { places: usualPlaces(process.env.HOLDFAST_SOCKET_DIR) }).then(end);
else end({ code: 1, out: '', err: `dvdcli: ${wrong}\n` });

function end({ code, out, err }: Awaited<ReturnType<typeof runDvdcli>>): void {
  process.exitCode = code;
  if (out !== '') write(process.stdout, out);
  if (err !== '') write(process.stderr, err);
}

/** The reader may be gone. Otherwise an answer that cannot be written was not given. */
function write(stream: NodeJS.WriteStream, text: string): void {
  stream.on('error', (error) => {
    if (!('code' in error && error.code === 'EPIPE')) process.exitCode ||= 1;
  });
  stream.write(text);
}
