import { mkdir, writeFile } from 'node:fs/promises';
import type { HostEngine } from '../engine.ts';
import { entering, type Namespace } from '../namespace.ts';
import { output } from '../run.ts';

/** The place in which a page's commands run: a clone, an engine, and a directory in place of /var/lib/holdfast. */
export interface Place {
  readonly folder: string;
  readonly data: string;
  readonly namespace: Namespace;
  readonly engine: HostEngine;
}

/** The Dockerfile's base image. It cannot be pulled here; the replacement has everything that apt-get would install. */
const usualBase = 'node:20-bookworm-slim';

/** Runs the commands of a page in the clone, one after the other, like a user with all prerequisites. */
export async function followLines(
  { folder, data, namespace, engine }: Place,
  base: string,
  lines: string,
): Promise<void> {
  const tools = `${folder}/tools`;
  await mkdir(`${tools}/image`, { recursive: true });
  await writeFile(`${tools}/sudo`, '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  await writeFile(`${tools}/image/apt-get`, '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(`${tools}/image/Dockerfile`, `FROM ${base}\nCOPY apt-get /usr/bin/apt-get\n`);
  await engine.docker('build', '--quiet', '--tag', usualBase, `${tools}/image`);
  const script = `set -e; mkdir -p /var/lib/holdfast; mount --bind ${data} /var/lib/holdfast; cd ${folder}/clone; ${lines}`;
  const { client } = engine;
  const variables = { ...client, PATH: `${tools}:${client.PATH}`, DOCKER_BUILDKIT: '0' };
  const environment = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const words = entering(namespace.pid(), 'env', [...environment, 'sh', '-c', script]);
  await output('nsenter', words, { within: 240_000 });
}
