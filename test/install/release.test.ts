import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { project } from '../docs/pages.ts';
import { isWhole } from '../lab/jest/whole.ts';
import { describeWith } from '../lab/requirements.ts';
import { output, run } from '../lab/run.ts';
import { realSystemd } from '../lab/systemd/host.ts';
import { describeArm64 } from './arm64.ts';
import { describeArm64Image } from './arm64-image.ts';
import { describeBareDebian } from './bare-debian.ts';
import { describeDebianPackage } from './debian-package.ts';
import { describeFromNothing } from './from-nothing.ts';
import { describeNpmPackage } from './npm-package.ts';
import { fromScript, makeDebianPackage, makeNpmPackage, makeRelease } from './packages.ts';
import { useRelease } from './released.ts';

const needs = {
  ...realSystemd,
  programs: [...realSystemd.programs, 'dpkg', 'dpkg-deb', 'dockerd', 'tar', 'npm'],
} as const;

interface Part {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** That of a real release, with less of an effort. */
const compression = isWhole ? 'xz' : 'none';

describeWith(needs, 'a release', () => {
  const released = useRelease(compression);
  const shipped = () =>
    fromScript<readonly Part[]>('shipped.mjs', 'shippedPackages', released().file('-x64.tar.gz'));

  test('has every file, and their checksums', async () => {
    const { version } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
    const files = [
      `holdfast-${version}-linux-arm64.tar.gz`,
      `holdfast-${version}-linux-x64.tar.gz`,
      `holdfast-${version}.cdx.json`,
      `holdfast-${version}.tgz`,
      `holdfast_${version}_amd64.deb`,
      `holdfast_${version}_arm64.deb`,
    ];
    expect([...released().names].sort()).toEqual(['SHA256SUMS', ...files]);
    const sums = (await readFile(released().file('SHA256SUMS'), 'utf8')).trim().split('\n');
    expect(sums.map((line) => line.slice(66))).toEqual(files);
    const npm = await readFile(released().file('.tgz'));
    expect(sums).toContain(`${createHash('sha256').update(npm).digest('hex')}  holdfast-${version}.tgz`);
  });

  test('is the same, built twice', async () => {
    const again = join(released().folder, 'again');
    const tarball = released().file('-x64.tar.gz');
    if (isWhole) await makeRelease(again, compression);
    else for (const make of [makeDebianPackage, makeNpmPackage]) await make(again, tarball);
    const names = await readdir(again);
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) {
      const pair = [join(again, name), join(released().folder, 'all', name)];
      expect(await run('cmp', pair)).toMatchObject({ exitCode: 0 });
    }
  });

  // The machine of an ELF file, by its number.
  test.each([
    ['x64', 'amd64', '3e'],
    ['arm64', 'arm64', 'b7'],
  ])('for %s has the binaries of that architecture', async (arch, debian, machine) => {
    const names = (await output('tar', ['-tzf', released().file(`-${arch}.tar.gz`)])).split('\n');
    const binaries = names.filter((name) => name.endsWith('.node'));
    expect(binaries.length).toBeGreaterThan(0);
    expect(binaries.filter((name) => !name.includes(`/koffi-linux-${arch}/`))).toEqual([]);
    const node = `dpkg-deb --fsys-tarfile ${released().file(`_${debian}.deb`)} | tar -xO ./usr/lib/holdfast/bin/node`;
    expect(await output('sh', ['-c', `${node} | head -c 20 | od -An -tx1 -j18 -N1`])).toBe(machine);
  });

  test('lists every part that it ships, with its checksum', async () => {
    const sbom = JSON.parse(await readFile(released().file('.cdx.json'), 'utf8'));
    const parts = await shipped();
    expect(parts.length).toBeGreaterThan(100);
    const listed: readonly string[] = sbom.components.map(
      (one: Part & { readonly hashes?: readonly { readonly content: string }[] }) =>
        `${one.name} ${one.version} ${one.hashes?.[0]?.content.length ?? 'none'}`,
    );
    for (const { name, version } of parts) expect(listed).toContain(`${name} ${version} 128`);
    expect(listed).toContainEqual(expect.stringMatching(/^node \d+\.\d+\.\d+ none$/));
    expect(listed.filter((one) => /^(jest|typescript|esbuild) /.test(one))).toEqual([]);
    expect(sbom.metadata.component).toMatchObject({ name: 'holdfast' });
  });

  test('names the licences of every part in NOTICE', async () => {
    const text = await fromScript<string>('shipped.mjs', 'noticeText', await shipped());
    if (process.env.UPDATE_DOCS === '1') await writeFile(join(project, 'NOTICE'), text);
    expect(await readFile(join(project, 'NOTICE'), 'utf8')).toBe(text);
  });

  describeDebianPackage(released);
  describeNpmPackage(released);
  if (isWhole) describeFromNothing(released);
  if (isWhole) describeArm64(released);
  if (isWhole) describeArm64Image(released);
  if (isWhole) describeBareDebian(released);
});
