import { readdirSync } from 'node:fs';
import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { output } from '../run.ts';
import type { WorkloadHost } from './container.ts';

/** It has only links into /usr, which is the machine's. */
export const image = 'workload:test';

/** What a container has of the machine: its programs, and where these are links to. */
export const machineBinds = ['/usr', '/etc/alternatives', ...settingsOfJava()].map(
  (folder) => `${folder}:${folder}:ro`,
);

function settingsOfJava(): readonly string[] {
  return readdirSync('/etc')
    .filter((name) => /^java-\d+-openjdk$/.test(name))
    .map((name) => `/etc/${name}`);
}

export async function provideImage({
  folder,
  docker,
}: Pick<WorkloadHost, 'folder' | 'docker'>): Promise<void> {
  if ((await docker('images', '--quiet', image)) !== '') return;
  const root = `${folder}/workload-image`;
  const places = 'usr data host run tmp proc sys dev etc/alternatives var/log/nginx'.split(' ');
  for (const place of places) await mkdir(`${root}/${place}`, { recursive: true });
  await output('chmod', ['1777', `${root}/run`, `${root}/tmp`]);
  for (const link of ['bin', 'sbin', 'lib', 'lib64'])
    await symlink(`usr/${link}`, `${root}/${link}`).catch(() => undefined);
  for (const file of ['passwd', 'group']) await copyFile(`/etc/${file}`, `${root}/etc/${file}`);
  await output('tar', ['-C', root, '-cf', `${root}.tar`, '.']);
  await docker('import', `${root}.tar`, image);
}
