import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { output } from '../lab/run.ts';

/** Flags with which apt-get knows Debian's packages for arm64, without a change of this machine's own. */
export async function aptForArm64(folder: string): Promise<readonly string[]> {
  for (const place of ['lists/partial', 'cache/archives/partial'])
    await mkdir(join(folder, place), { recursive: true });
  await writeFile(join(folder, 'status'), '');
  const settings = {
    'APT::Architecture': 'arm64',
    'APT::Architectures': 'arm64',
    'APT::Sandbox::User': 'root',
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await output('apt-get', [...flags, 'update', '-q']);
  return flags;
}

/** Unpacks all packages of a folder, without running their scripts. */
export async function unpackAll(folder: string, root: string): Promise<void> {
  const script = 'for file in "$1"/*.deb; do dpkg-deb -x "$file" "$2"; done';
  await output('sh', ['-ec', script, 'sh', folder, root], { within: 600_000 });
}
