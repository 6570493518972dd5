import { VolumeError } from '../../core/volume-error.ts';
import type { OpenWitness } from '../../core/witness.ts';
import type { CommandResult } from '../command-result.ts';
import { sightingProblems, sightingText } from '../sightings.ts';

/** Milliseconds. */
const patience = 20_000;

/** Shows what the witness sees. Fails if a problem keeps it from identifying a machine. */
export async function agents(witness: OpenWitness): Promise<CommandResult> {
  const sighting = await witness.look(AbortSignal.timeout(patience));
  const problems = sightingProblems(sighting);
  return {
    json: { witness: witness.name, ...sighting, problems },
    text: sightingText(witness.name, sighting),
    failures: problems.map((problem) => new VolumeError('failed', `Witness ${witness.name}: ${problem}.`)),
  };
}
