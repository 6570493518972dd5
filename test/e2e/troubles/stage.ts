import { expect } from '@jest/globals';
import type { Examined } from '../../../src/doctor/examine.ts';
import { commandsOf } from './mending.ts';
import type { InstalledHost } from './use-host.ts';

/** A part of the host that is broken on purpose. */
export interface Trouble {
  /** A root shell's script; `$F` is the host's folder. */
  readonly stage: string;
  /** The doctor's finding. */
  readonly check: string;
  readonly evidence: RegExp;
  /** What the same trouble makes the doctor find besides. */
  readonly also?: readonly Wanted[];
  /** What people ask then: the words of the command, and what it must say on either stream. */
  readonly asked?: readonly (readonly [words: string, says: RegExp])[];
  /** Milliseconds for an answer, where an engine is waited for as well; default: 2 s. */
  readonly within?: number;
  /** Undoes what mending left, such as a volume. */
  readonly after?: string;
}

/** Those that show at the same time, by what is said of each. */
export type Troubles = Readonly<Record<string, Trouble>>;

/** A finding, by its check and its evidence. */
export type Wanted = readonly [check: string, evidence: RegExp];

/** Milliseconds for the answer to a question. */
const patience = 2_000;

/** Stages the troubles, and examines the host: exactly their findings must be there. */
export async function stage(host: InstalledHost, troubles: readonly Trouble[]): Promise<readonly Examined[]> {
  for (const trouble of troubles) await host.sh(inFolder(host, trouble.stage));
  return found(
    host,
    troubles.flatMap(({ check, evidence, also = [] }) => [[check, evidence] as const, ...also]),
  );
}

export async function found(host: InstalledHost, wanted: readonly Wanted[]): Promise<readonly Examined[]> {
  const findings = await host.wrong();
  const each = wanted.map(([check, evidence]) =>
    expect.objectContaining({ check, evidence: expect.stringMatching(evidence) }),
  );
  expect(findings).toEqual(expect.arrayContaining(each));
  expect(findings).toHaveLength(each.length);
  return findings;
}

/**
 * The answer of a command to a question, on either stream. It must come in time: what a command takes that asks nothing, on this machine
 * at this moment, is added a few times.
 */
export async function ask({ tryCommand }: InstalledHost, words: string, within = patience): Promise<string> {
  const before = await timed(() => tryCommand('--version'));
  const asked = await timed(() => tryCommand(...words.split(' ')));
  const after = await timed(() => tryCommand('--version'));
  const limit = within + 4 * Math.max(before.took, after.took);
  expect({ words, took: asked.took, limit, isLate: asked.took > limit }).toMatchObject({ isLate: false });
  const { stdout, stderr } = asked.result;
  return stdout + stderr;
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly took: number; readonly result: T }> {
  const begun = performance.now();
  const result = await work();
  return { took: Math.round(performance.now() - begun), result };
}

/** Types what the doctor printed for these findings, each line once, as its reader does. */
export async function mend(host: InstalledHost, findings: readonly Examined[]): Promise<void> {
  for (const command of commandsOf(findings)) await host.sh(command);
}

export async function undo(host: InstalledHost, troubles: readonly Trouble[]): Promise<void> {
  for (const { after } of troubles) if (after !== undefined) await host.sh(inFolder(host, after));
}

function inFolder({ folder }: InstalledHost, script: string): string {
  return `set -e; F=${folder}; ${script}`;
}
