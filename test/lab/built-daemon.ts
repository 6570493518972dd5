import { fileURLToPath } from 'node:url';
import { output } from './run.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));

/** The daemon's JavaScript, built anew when a source is newer. Test processes wait for one another here. */
export async function builtDaemon(): Promise<string> {
  const ready = [`${project}package.json`, process.execPath, `${project}scripts/ready.mjs`];
  await output('flock', ready, { within: 300_000 });
  return `${project}dist/main.js`;
}
