import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import type { Examined } from '../../../src/doctor/examine.ts';
import { examined } from '../../fakes/examined.ts';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { eventually } from '../../lab/eventually.ts';
import { busybox, imageFile, makeImages } from '../../lab/images.ts';
import { type Finished, succeeded } from '../../lab/run.ts';
import { bootSystemd, realSystemd, type SystemdHost } from '../../lab/systemd/host.ts';
import { realEngine } from '../use-machine.ts';

/** What the tests here need; pass it to `describeWith`. */
export const realServices = {
  ...realSystemd,
  programs: [...realSystemd.programs, ...realEngine.programs, 'dpkg-query'],
} as const;

/** A host on which systemd runs Docker and an installed Holdfast with the driver `gold`. */
export interface InstalledHost extends SystemdHost {
  /** A root shell's output; throws with its error. */
  sh(script: string): Promise<string>;
  /** The installed command. */
  tryCommand(...words: readonly string[]): Promise<Finished>;
  /** Everything that the doctor does not find in order. */
  wrong(): Promise<readonly Examined[]>;
}

/** One host for the tests of a suite. */
export function useInstalledHost(): () => InstalledHost {
  let host: InstalledHost | undefined;
  beforeAll(async () => {
    const booted = await bootSystemd({ 'docker.service': dockerUnit });
    host = installedOn(booted);
    await furnish(host, await builtDaemon());
  });
  afterAll(() => host?.close());
  return () => {
    if (!host) throw new Error('The host did not boot: see the error of the first test.');
    return host;
  };
}

/** With Docker's usual paths, which are the host's own; no network is set up. */
const dockerUnit = `[Unit]
Description=Docker
[Service]
Type=notify
ExecStart=/usr/sbin/dockerd --data-root /run/docker-data --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs
KillMode=process
TimeoutStopSec=2
`;

/** Nothing can be downloaded: of a package, this puts back the programs that a test took away. */
const aptGet = `#!/bin/sh
set -e
[ "$1" = install ]
for file in $(dpkg-query --listfiles "$2" | grep /sbin/); do
  [ -e "$file" ] || cp -a /usr/sbin/aside "$file"
done
`;

function installedOn(host: SystemdHost): InstalledHost {
  const tryCommand = (...words: readonly string[]) => host.run('holdfast', ...words);
  return {
    ...host,
    tryCommand,
    sh: async (script) => succeeded(script, await host.run('sh', '-c', script)),
    wrong: async () => {
      const found = await examined({ tryCommand }, `${host.folder}/config.yaml`);
      return found.filter(({ level }) => level !== 'ok');
    },
  };
}

async function furnish(host: InstalledHost, program: string): Promise<void> {
  const { folder, sh } = host;
  const built = dirname(program);
  // A copy: a test replaces it by another version.
  await cp(built, `${folder}/app/dist`, { recursive: true });
  await cp(`${dirname(built)}/package.json`, `${folder}/app/package.json`);
  await symlink(`${dirname(built)}/node_modules`, `${folder}/app/node_modules`);
  await writeFile(`${folder}/config.yaml`, JSON.stringify(configurationBelow(folder)));
  await mkdir(`${folder}/disk`);
  await makeImages(folder);
  // Its content stays while it is not mounted, as a disk's does.
  await mkdir(`${folder}/platter`);
  await sh(`mount -t tmpfs -o mode=0700,size=24m tmpfs ${folder}/platter`);
  await sh(`echo '${folder}/platter ${folder}/disk none bind 0 0' >> /etc/fstab && mount ${folder}/disk`);
  await writeFile(`${folder}/apt-get`, aptGet, { mode: 0o755 });
  await sh(`cp ${folder}/apt-get /usr/local/sbin/`);
  await sh('systemctl start docker.service');
  await sh(`${process.execPath} ${folder}/app/dist/main.js install --config ${folder}/config.yaml`);
  await sh(`docker import ${imageFile(folder, busybox)} ${busybox}`);
  const evidence = async () => (await readFile(`${folder}/boot.log`, 'utf8')) + (await journalOf(host));
  await eventually('nothing is wrong', async () => (await host.wrong()).length === 0, { evidence });
}

async function journalOf({ run }: SystemdHost): Promise<string> {
  return (await run('journalctl', '--no-pager', '--lines=40')).stdout;
}

/** Sockets where Docker looks; the usual admin socket, so commands need no flag. */
function configurationBelow(folder: string): object {
  const local = (root: string, settings = {}) => ({ backend: 'local', settings: { root, ...settings } });
  return {
    mountRoot: `${folder}/mounts`,
    stateDir: `${folder}/state`,
    drivers: {
      gold: local(`${folder}/volumes`),
      tin: local(`${folder}/disk/volumes`, { requireMount: [`${folder}/disk`] }),
    },
  };
}
