import type { Audit } from '../core/audit.ts';
import type { Log } from '../core/log.ts';
import { printable } from '../core/printable.ts';
import { type AuditFileSettings, appendAuditLine } from './audit-file.ts';
import { cleanFields } from './clean-fields.ts';

export interface AuditParts {
  readonly log: Log;
  /** `<stateDir>/audit.log`. */
  readonly file: AuditFileSettings;
}

/**
 * Writes audited acts as JSON lines to their own file, which only root can read, and to the log with `audit: true`.
 * An act is in the file when the call returns. If the file cannot be written, that is logged and the act continues: a full
 * disk must not prevent the deletion that frees space.
 */
export function createAudit({ log, file }: AuditParts): Audit {
  return (act) => {
    log.write('info', 'audit', { audit: true, ...act });
    const fields = cleanFields({ ...act }, 'without-stacks');
    try {
      appendAuditLine(file, printable(JSON.stringify({ time: new Date().toISOString(), ...fields })));
    } catch (error) {
      log.write('error', 'audit-not-written', { file: file.path, error });
    }
  };
}
