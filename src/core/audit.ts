/** Records an act that formats, deletes or takes over, with its evidence, before the act is done. */
export type Audit = (act: AuditedAct) => void;

export interface AuditedAct {
  readonly act:
    | 'format'
    | 'trash'
    | 'retain'
    | 'delete'
    | 'purge'
    | 'undelete'
    | 'take-over'
    | 'clone'
    | 'copy'
    | 'rollback'
    | 'grow'
    | 'modify';
  readonly driver: string;
  readonly volume: string;
  /** The facts that the act relied on, in words. */
  readonly evidence: string;
}
