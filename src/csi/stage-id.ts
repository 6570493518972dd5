import { createHash } from 'node:crypto';

/** The mount ID of a staging path, which may be longer than one. */
export function stageId(path: string): string {
  return `csi-stage-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
}
