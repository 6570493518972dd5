import { expect } from '@jest/globals';
import { eventually } from '../../lab/eventually.ts';
import { goProgram } from '../../lab/go-program.ts';
import type { Finished } from '../../lab/run.ts';
import { cases, skippedCases } from './skipped-cases.ts';

/** The conformance tests of the CSI project. */
const sanity = goProgram('github.com/kubernetes-csi/csi-test/v5/cmd/csi-sanity', 'v5.6.0');

/** Milliseconds for all cases, on a busy machine: those over EBS wait for many attaches, those over NFS have a slow kernel. */
export const sanityTakes = 900_000;

export function testWithSanity(name: string, work: () => Promise<void>): void {
  sanity.test(name, work, sanityTakes);
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
}

/** Capabilities that endpoints do not declare. */
export const lackedByFiles = ['PUBLISH_UNPUBLISH_VOLUME'];
export const lackedByEbs = ['GET_CAPACITY'];

/** Fails if a case fails, or is skipped without a reason in the documentation. */
export async function requireSanity(host: SanityHost, run: SanityRun): Promise<void> {
  await sanity.built();
  const { passed, failed, skipped } = await runSanity(host, run);
  expect(failed).toEqual([]);
  const expected = skippedCases(run.lacking);
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
    await sanity.built(),
    `-csi.endpoint=${socket}`,
    `-csi.mountdir=${folder}/target`,
    `-csi.stagingdir=${folder}/staging`,
    `-csi.testvolumesize=${1024 ** 3}`,
    `-csi.testvolumeparameters=${folder}/parameters.yaml`,
    `-csi.testvolumemutableparameters=${folder}/mutable.yaml`,
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
  const skipped = [
    ...of('skipped').map(({ Failure }) => Failure?.Message ?? ''),
    ...of('pending').map(() => 'Pending'),
  ];
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
