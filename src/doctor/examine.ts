import { type Finding, failure, warning } from '../core/finding.ts';
import { asVolumeError } from '../core/volume-error.ts';
import type { Check, Patient } from './check.ts';
import { checks } from './checks/index.ts';

/** A finding and its check. */
export interface Examined extends Finding {
  readonly check: string;
}

/** Milliseconds for one check. */
const patience = 60_000;

/** Runs all checks, in order. Never rejects: a check that could not run is a warning with the reason. */
export async function examine(
  patient: Patient,
  all: readonly Check[] = checks,
): Promise<readonly Examined[]> {
  const each = await Promise.all(all.map((check) => examineBy(check, patient)));
  return each.flat();
}

async function examineBy(check: Check, patient: Patient): Promise<readonly Examined[]> {
  let late: NodeJS.Timeout | undefined;
  const silence = new Promise<readonly Finding[]>((resolve) => {
    const evidence = `It could not be checked within ${patience / 1000} s.`;
    late = setTimeout(() => resolve([failure(check.name, evidence)]), patience);
  });
  const looking = check.run(patient).catch((thrown) => {
    const { message } = asVolumeError(thrown, 'It could not be checked');
    return [warning(check.name, message)];
  });
  const findings = await Promise.race([looking, silence]);
  clearTimeout(late);
  return findings.map((finding) => ({ check: check.name, ...finding }));
}
