import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { project } from '../../docs/pages.ts';
import { eventually } from '../../lab/eventually.ts';
import { isWhole } from '../../lab/jest/whole.ts';
import type { Finished } from '../../lab/run.ts';
import { cases, skippedCases } from './skipped-cases.ts';

/** The conformance tests of the CSI project. A later version needs a later Go. */
const version = 'v5.4.0';
const folder = join(project, 'node_modules/.cache/csi-sanity', version);
const program = join(folder, 'csi-sanity');

/** Debian's Go is too old for it, so Go is optional: these tests run only where it is installed. */
const go = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/go/bin']
  .map((directory) => join(directory, 'go'))
  .find(isExecutable);

/** Milliseconds for all cases: those over EBS wait for many attaches, snapshots and detaches. */
export const sanityTakes = isWhole ? 1_500_000 : 120_000;

/** Without Go, the suite is listed as not run, and does not count as skipped. */
export function testWithSanity(name: string, work: () => Promise<void>): void {
  if (go !== undefined || existsSync(program)) test(name, work, sanityTakes + 180_000);
  else test(`${name} [not run: needs go]`, () => undefined);
}

/** Builds the program, once. */
async function builtSanity(): Promise<string> {
  if (existsSync(program)) return program;
  if (go === undefined) throw new Error('Go is not at hand.');
  const building = join(folder, `building-${process.pid}`);
  await mkdir(building, { recursive: true });
  const module = `github.com/kubernetes-csi/csi-test/v5/cmd/csi-sanity@${version}`;
  const environment = { ...process.env, GOBIN: building, GOFLAGS: '-p=2' };
  await promisify(execFile)(go, ['install', module], { env: environment, timeout: 280_000 });
  // Suites beside this one may look for it at any moment, and Go may copy it.
  await rename(join(building, 'csi-sanity'), program);
  await rm(building, { recursive: true });
  return program;
}

interface SanityHost {
  run(program: string, ...args: readonly string[]): Promise<Finished>;
  readText(path: string): Promise<string>;
}

interface SanityRun {
  /** A directory of the host for the program's files. */
  readonly folder: string;
  readonly socket: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Options that volumes get later. */
  readonly mutable?: Readonly<Record<string, string>>;
  /** Capabilities that the endpoint does not declare. Exactly their cases are skipped. */
  readonly lacking: readonly string[];
  /** Only these cases run, unless HOLDFAST_WHOLE=1: for slow hosts whose backend shares its code with another one. */
  readonly share?: 'some';
}

/** Those that reach the storage. */
const some =
  'Node Service should (work|be idempotent)|CreateVolume should return|CreateSnapshot|should work$';

/** Capabilities that endpoints do not declare. */
export const lackedByFiles = ['PUBLISH_UNPUBLISH_VOLUME'];
export const lackedByEbs = ['GET_CAPACITY'];

/** Fails if a case fails, or is skipped without a reason in the documentation. */
export async function requireSanity(host: SanityHost, run: SanityRun): Promise<void> {
  await builtSanity();
  const focus = isWhole ? undefined : run.share && some;
  const { passed, failed, skipped } = await runSanity(host, run, focus);
  expect(failed).toEqual([]);
  const expected = skippedCases(run.lacking);
  if (focus !== undefined) {
    expect(Object.keys(expected)).toEqual(expect.arrayContaining(Object.keys(skipped)));
    expect(passed).toBeGreaterThan(3);
    return;
  }
  expect(skipped).toEqual(expected);
  expect(passed).toBe(cases - Object.values(expected).reduce((sum, count) => sum + count, 0));
}

interface SanityResult {
  readonly passed: number;
  readonly failed: readonly string[];
  /** The number of skipped cases, by the program's reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

interface Spec {
  readonly LeafNodeType: string;
  readonly LeafNodeText: string;
  readonly ContainerHierarchyTexts: readonly string[];
  readonly State: string;
  readonly Failure?: { readonly Message: string };
}

/** Runs all cases over the endpoint, on the endpoint's host. */
async function runSanity(
  host: SanityHost,
  { folder, socket, parameters = {}, mutable = {} }: SanityRun,
  focus?: string,
): Promise<SanityResult> {
  const report = `${folder}/report.json`;
  await host.run('mkdir', '-p', folder);
  // The endpoint opens a moment after the plugin sockets.
  await eventually('the endpoint is open', async () => (await host.run('test', '-S', socket)).exitCode === 0);
  const write = (file: string, content: object) =>
    host.run('sh', '-c', 'printf %s "$1" > "$2"', 'sh', JSON.stringify(content), `${folder}/${file}`);
  await write('parameters.yaml', parameters);
  await write('mutable.yaml', mutable);
  const finished = await host.run(
    await builtSanity(),
    `-csi.endpoint=${socket}`,
    `-csi.mountdir=${folder}/target`,
    `-csi.stagingdir=${folder}/staging`,
    `-csi.testvolumesize=${1024 ** 3}`,
    `-csi.testvolumeparameters=${folder}/parameters.yaml`,
    `-csi.testvolumemutableparameters=${folder}/mutable.yaml`,
    `--ginkgo.json-report=${report}`,
    ...(focus === undefined ? [] : [`--ginkgo.focus=${focus}`]),
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
  // Cases out of focus are skipped without a reason.
  const skipped = [
    ...of('skipped').map(({ Failure }) => Failure?.Message),
    ...of('pending').map(() => 'Pending'),
  ].filter((reason) => reason !== undefined && reason !== '');
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
