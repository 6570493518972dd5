import type { FreeSpace } from '../../backend.ts';
import type { RecordedStorage } from './storage.ts';

/** `measure`: in bytes. Its errors are explained as those of any look at the storage. */
export function createFreeSpace(
  { act }: Pick<RecordedStorage, 'act'>,
  measure: (doing: string) => Promise<number>,
): FreeSpace {
  const doing = 'The free space could not be measured';
  return { kind: 'measured', measure: (signal) => act({ doing, signal, kind: 'look', work: measure }) };
}
