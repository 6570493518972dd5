import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, test } from '@jest/globals';
import { project } from '../../docs/pages.ts';
import { eventually } from '../../lab/eventually.ts';
import type { Finished } from '../../lab/run.ts';

/** The judge of the interface's makers. A later version needs a later Go. */
const version = 'v5.4.0';
const folder = join(project, 'node_modules/.cache/csi-sanity', version);
const program = join(folder, 'csi-sanity');

/** Debian's is too old for it, so Go is no requirement of the tests: where it is at hand, they run. */
const go = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/go/bin']
  .map((directory) => join(directory, 'go'))
  .find(isExecutable);

/** Is listed as not run, and does not count as skipped, where Go is not at hand. */
export function describeWithSanity(name: string, suite: () => void): void {
  if (go !== undefined || existsSync(program)) describe(name, suite);
  else describe(`${name} [not run: needs go]`, () => test('is for machines with Go', () => undefined));
}

/** Builds the program once. */
export async function builtSanity(): Promise<string> {
  if (existsSync(program)) return program;
  if (go === undefined) throw new Error('Go is not at hand.');
  await mkdir(folder, { recursive: true });
  const module = `github.com/kubernetes-csi/csi-test/v5/cmd/csi-sanity@${version}`;
  const environment = { ...process.env, GOBIN: folder, GOFLAGS: '-p=2' };
  await promisify(execFile)(go, ['install', module], { env: environment, timeout: 280_000 });
  return program;
}

interface SanityHost {
  run(program: string, ...args: readonly string[]): Promise<Finished>;
  readText(path: string): Promise<string>;
}

interface SanityRun {
  /** A directory of the host for its paths. */
  readonly folder: string;
  readonly socket: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

interface SanityResult {
  readonly passed: number;
  readonly failed: readonly string[];
  /** By the program's reason: how many. */
  readonly skipped: Readonly<Record<string, number>>;
}

interface Spec {
  readonly LeafNodeType: string;
  readonly LeafNodeText: string;
  readonly ContainerHierarchyTexts: readonly string[];
  readonly State: string;
  readonly Failure?: { readonly Message: string };
}

/** All its cases over the endpoint, on the host of the endpoint. */
export async function runSanity(
  host: SanityHost,
  { folder, socket, parameters }: SanityRun,
): Promise<SanityResult> {
  const report = `${folder}/report.json`;
  await host.run('mkdir', '-p', folder);
  // The endpoint opens a moment after the plugin sockets.
  await eventually('the endpoint is open', async () => (await host.run('test', '-S', socket)).exitCode === 0);
  const file = `${folder}/parameters.yaml`;
  await host.run('sh', '-c', 'printf %s "$1" > "$2"', 'sh', JSON.stringify(parameters ?? {}), file);
  const finished = await host.run(
    await builtSanity(),
    `-csi.endpoint=${socket}`,
    `-csi.mountdir=${folder}/target`,
    `-csi.stagingdir=${folder}/staging`,
    `-csi.testvolumesize=${1024 ** 3}`,
    `-csi.testvolumeparameters=${file}`,
    `--ginkgo.json-report=${report}`,
  );
  const text = await host.readText(report).catch(() => {
    throw new Error(`csi-sanity made no report: ${finished.stdout}${finished.stderr}`);
  });
  const suites: readonly { readonly SpecReports: readonly Spec[] }[] = JSON.parse(text);
  return resultOf(
    suites.flatMap(({ SpecReports }) => SpecReports).filter(({ LeafNodeType }) => LeafNodeType === 'It'),
  );
}

function resultOf(specs: readonly Spec[]): SanityResult {
  const of = (...states: readonly string[]) => specs.filter(({ State }) => states.includes(State));
  const skipped = of('skipped', 'pending').map(({ Failure }) => Failure?.Message ?? 'Pending');
  return {
    passed: of('passed').length,
    failed: specs
      .filter(({ State }) => !['passed', 'skipped', 'pending'].includes(State))
      .map(({ ContainerHierarchyTexts, LeafNodeText, Failure }) =>
        [...ContainerHierarchyTexts, LeafNodeText, Failure?.Message ?? ''].join(' > '),
      ),
    skipped: Object.fromEntries(
      [...new Set(skipped)]
        .sort()
        .map((reason) => [reason, skipped.filter((each) => each === reason).length]),
    ),
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
