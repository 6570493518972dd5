import type { Check } from '../check.ts';

/** Milliseconds for all drivers together. */
const patience = 50_000;

/** What each driver's storage reports about itself. */
export const storageCheck: Check = {
  name: 'storage',
  async run(patient) {
    const seen = await patient.diagnose(AbortSignal.timeout(patience));
    return seen.flatMap(({ driver, findings }) =>
      findings.map((finding) => ({ ...finding, subject: `driver ${driver}, ${finding.subject}` })),
    );
  },
};
