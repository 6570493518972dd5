import { fileURLToPath } from 'node:url';
import { output } from './run.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));

/** The daemon's JavaScript, rebuilt if a source is newer; simultaneous test processes build it once. */
export async function builtDaemon(): Promise<string> {
  await output(process.execPath, [`${project}scripts/ready.mjs`], { within: 300_000 });
  return `${project}dist/main.js`;
}
