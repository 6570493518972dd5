import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

/** The mount ID for a staging path, however that is written. The path may be longer than a mount ID. */
export function stageId(path: string): string {
  return `csi-stage-${createHash('sha256').update(resolve(path)).digest('hex').slice(0, 32)}`;
}
