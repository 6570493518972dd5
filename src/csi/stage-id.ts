import { createHash } from 'node:crypto';

/** The mount ID for a staging path. The path may be longer than a mount ID. */
export function stageId(path: string): string {
  return `csi-stage-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
}
