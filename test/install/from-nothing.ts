import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { fencesOf, readPage } from '../docs/pages.ts';
import { busybox, imageFile, makeImages } from '../lab/images.ts';
import { inTime } from '../lab/in-time.ts';
import { output, succeeded } from '../lab/run.ts';
import { bootSystemd, type SystemdHost } from '../lab/systemd/host.ts';
import { dockerUnit } from './docker-unit.ts';
import type { Released } from './released.ts';

/** Milliseconds from nothing to a volume with data. */
const patience = 60_000;

/** What the README says to type on the host for this method of installation. */
export function readmeLine(method: string): string {
  const row = readPage('README.md')
    .text.split('\n')
    .find((line) => line.startsWith(`| [${method}]`));
  const [, line] = /on the host `([^`]+)` \|$/.exec(row ?? '') ?? [];
  if (line === undefined) throw new Error(`The README says nothing about ${method}.`);
  return line;
}

/** The milliseconds that it took; fails if it took longer than a minute. */
export async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await inTime(patience, work);
  return Math.round(performance.now() - began);
}

/** The first use, as the README and the page of the installation have it. */
function firstUse(): string {
  const line = (page: string, part: string) =>
    fencesOf(readPage(page))
      .flatMap(({ text }) => text.split('\n'))
      .find((each) => each.includes(part)) ?? `false '${part} is not in ${page}'`;
  const create = line('docs/install.md', 'docker volume create --driver holdfast');
  return `${create}\n${line('README.md', 'echo kept > /data/note')}`;
}

/** Each on a host of systemd that has Docker, and nothing of Holdfast: typed as they are, in under a minute. */
export function describeFromNothing(released: () => Released): void {
  describe("the README's lines", () => {
    test.each([
      ['a Debian package', '_amd64.deb'],
      ['npm', '.tgz'],
    ])('for %s lead from nothing to a container with a volume', async (method, end) => {
      const host = await bootSystemd({ 'docker.service': dockerUnit });
      try {
        await prepare(host, released().file(end));
        const { stdout } = await host.run('sh', '-c', 'which holdfast dvdcli');
        expect(stdout).toBe('');
        const typed = `set -e; cd /var/tmp; ${readmeLine(method)}\n${firstUse()}`;
        const took = await timed(async () => void succeeded(method, await host.run('sh', '-c', typed)));
        process.stderr.write(`${method}: ${took} ms\n`);
        const kept = await host.run('cat', '/var/lib/holdfast/volumes/db/note');
        expect(kept.stdout).toBe('kept\n');
        const active = await host.run('systemctl', 'is-enabled', 'holdfast.service');
        expect(active.stdout).toBe('enabled\n');
      } finally {
        await host.close();
      }
    });
  });
}

/** The file is where the user is, Docker runs, and its image is pulled. */
async function prepare(host: SystemdHost, file: string): Promise<void> {
  await output('cp', [file, host.path(`/var/tmp/${basename(file)}`)]);
  // Root needs none.
  await writeFile(host.path('/usr/local/bin/sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  await makeImages(host.folder);
  const script = `systemctl start docker.service && docker import ${imageFile(host.folder, busybox)} busybox`;
  succeeded('docker', await host.run('sh', '-c', script));
}
