import { appendFileSync } from 'node:fs';
import type { Audit } from '../backends/backend.ts';
import type { Log } from '../core/log.ts';
import { cleanFields } from './clean-fields.ts';

export interface AuditParts {
  readonly log: Log;
  /** `<stateDir>/audit.log`; its directory exists. */
  readonly file: string;
}

/**
 * Audited acts as JSON lines in a file of their own that only root reads, and in the log with `audit: true`.
 * An act is in the file before the call returns. A file that cannot be written is logged and stops nobody: a full
 * disk must not forbid the deletion that makes room.
 */
export function createAudit({ log, file }: AuditParts): Audit {
  return (act) => {
    log.write('info', 'audit', { audit: true, ...act });
    const fields = cleanFields({ ...act }, 'without-stacks');
    try {
      appendFileSync(file, `${JSON.stringify({ time: new Date().toISOString(), ...fields })}\n`, {
        mode: 0o600,
      });
    } catch (error) {
      log.write('error', 'audit-not-written', { file, error });
    }
  };
}
