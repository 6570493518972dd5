import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { project } from '../docs/pages.ts';
import { output } from './run.ts';

/** What a machine needs for programs of Maven Central; pass it to `describeWith`. */
export const mavenPrograms = ['mvn', 'java', 'javac'] as const;

export interface MavenProgram {
  readonly name: string;
  /** As GROUP:ARTIFACT:VERSION. What they depend on is fetched as well. */
  readonly artifacts: readonly [string, ...string[]];
  /** Groups whose jars go to a folder of their own, by its path. All others go to `lib`. */
  readonly apart?: Readonly<Record<string, readonly string[]>>;
  /** The text of files that the program looks for beside its jars, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Empty folders that it looks for. */
  readonly folders?: readonly string[];
}

const cache = join(project, 'node_modules/.cache');

/** A folder with the program, whose jars Maven fetches once. It is kept in `node_modules/.cache`. */
export async function mavenProgram(program: MavenProgram): Promise<string> {
  const { name, artifacts, apart = {}, files = {}, folders = [] } = program;
  const folder = join(cache, name, artifacts[0].split(':').at(-1) ?? '');
  if (!existsSync(folder)) await fetchJars(folder, artifacts, apart);
  for (const empty of folders) await mkdir(join(folder, empty), { recursive: true });
  await write(folder, files);
  return folder;
}

async function fetchJars(
  folder: string,
  artifacts: readonly string[],
  apart: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const building = `${folder}-${process.pid}`;
  await write(building, { 'pom.xml': pom(artifacts) });
  const copy = async (target: string, groups: string) => {
    const flags = [
      '--quiet',
      '--batch-mode',
      `--file=${building}/pom.xml`,
      `-Dmaven.repo.local=${cache}/maven`,
    ];
    const words = [`${plugin}:copy-dependencies`, `-DoutputDirectory=${building}/${target}`, groups];
    await output('mvn', [...flags, ...words], { within: 300_000 });
  };
  await copy('lib', `-DexcludeGroupIds=${Object.values(apart).flat().join()}`);
  for (const [target, groups] of Object.entries(apart))
    await copy(target, `-DincludeGroupIds=${groups.join()}`);
  // Only a whole program has its name.
  await rename(building, folder);
}

const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1';

function pom(artifacts: readonly string[]): string {
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':');
    return `<dependency>${coordinates(group, name, version)}</dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
${coordinates('test', 'program', '1')}<packaging>pom</packaging>
<dependencies>${dependencies.join('\n')}</dependencies></project>`;
}

function coordinates(group = '', artifact = '', version = ''): string {
  return `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>`;
}

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
