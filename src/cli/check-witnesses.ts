import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { OpenWitness } from '../core/witness.ts';
import { checkResult } from './check.ts';
import type { CommandResult } from './command-result.ts';
import { sightingProblems, sightingText } from './sightings.ts';

/** Milliseconds for one witness. */
const patience = 20_000;

/** Checks the configuration and asks every witness what it sees now. One failing witness does not hide the others. */
export async function checkWitnesses(
  loaded: LoadedConfiguration,
  witnesses: ReadonlyMap<string, OpenWitness>,
): Promise<CommandResult> {
  const checked = checkResult(loaded);
  const asked = await Promise.all([...witnesses].map(([name, witness]) => lookThrough(name, witness)));
  const failures = asked.flatMap((witness) => witness.failures);
  const none = asked.length === 0 ? ['No witness is configured.'] : [];
  return {
    ...checked,
    json: { ...checked.json, witnesses: asked.map(({ json }) => json) },
    text: [checked.text, ...none, ...asked.flatMap(({ text }) => text)].join('\n'),
    failures,
  };
}

interface Asked {
  readonly json: object;
  readonly text: readonly string[];
  readonly failures: readonly VolumeError[];
}

async function lookThrough(name: string, witness: OpenWitness): Promise<Asked> {
  try {
    const sighting = await witness.look(AbortSignal.timeout(patience));
    const problems = sightingProblems(sighting);
    return {
      json: { name, ...sighting, problems },
      text: [sightingText(name, sighting)],
      failures: problems.map((problem) => new VolumeError('failed', `Witness ${name}: ${problem}.`)),
    };
  } catch (error) {
    const failure = asVolumeError(error, `Witness ${name} could not be asked`);
    const { code, message } = failure;
    return {
      json: { name, error: { code, message } },
      text: [],
      failures: [new VolumeError(code, `Witness ${name} does not answer: ${message}`, { cause: error })],
    };
  }
}
