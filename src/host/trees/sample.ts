import { randomInt } from 'node:crypto';
import { readManifest } from './manifest-file.ts';

/** More of them do not fit into the arguments of a program. */
const most = 400;
const parts = 1_000_000;

/** See `Trees.sample`. Each file is taken with the same probability, so that in time all are. */
export function sampleManifest(manifest: string, share: number): readonly string[] {
  const taken: string[] = [];
  let [seen, spare] = [0, ''];
  for (const { p, h, q, n } of readManifest(manifest).entries) {
    if (h === undefined || q || n !== undefined) continue;
    seen += 1;
    if (randomInt(seen) === 0) spare = p;
    if (randomInt(parts) >= share * parts) continue;
    if (taken.length < most) taken.push(p);
    else taken[randomInt(most)] = p;
  }
  return taken.length > 0 || seen === 0 ? taken : [spare];
}
