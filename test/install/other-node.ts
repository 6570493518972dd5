import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { project } from '../docs/pages.ts';
import { fromScript } from './packages.ts';

/** Runs something with the program of another Node, of npm's package of that name. */
export async function withNode(
  major: string,
  use: (node: string) => Promise<void>,
  arch: string = process.arch,
): Promise<void> {
  const known = JSON.parse(readFileSync(join(project, 'scripts/release/node-versions.json'), 'utf8'));
  const version = Object.keys(known.integrity).find((each) => each.startsWith(`${major}.`));
  const folder = await fromScript<string>('node.mjs', 'unpackNode', project, arch, version);
  try {
    await use(join(folder, 'bin/node'));
  } finally {
    await rm(folder, { recursive: true });
  }
}
