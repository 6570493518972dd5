#!/usr/bin/env node
import { usualPlaces } from './find-plugin.ts';
import { runDvdcli } from './run.ts';

/* Argv in, exit code out. Runs once per task and volume, so what a mount does not need is not loaded: docs/performance.md. */
const { code, out, err } = await runDvdcli(process.argv.slice(2), {
  places: usualPlaces(process.env.HOLDFAST_SOCKET_DIR),
});
process.exitCode = code;
if (out !== '') write(process.stdout, out);
if (err !== '') write(process.stderr, err);

/** Whoever read it may be gone. */
function write(stream: NodeJS.WriteStream, text: string): void {
  stream.on('error', () => undefined);
  stream.write(text);
}
