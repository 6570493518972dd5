import type { Tags } from '../ec2/ec2.ts';

/** What a snapshot says about its copy in a region: when it was asked for, or its ID there. */
export type CopiedTo = { readonly askedAt: number } | { readonly id: string };

/** The region follows. It is not our usual prefix: the seal covers those keys, also for a Holdfast that knows no copies. */
const keyStart = 'holdfast-copied-to:';

function keyOf(region: string): string {
  return `${keyStart}${region}`;
}

export function askedTags(region: string, now: number): Tags {
  return { [keyOf(region)]: `asked ${new Date(now).toISOString()}` };
}

export function copiedTags(region: string, id: string): Tags {
  return { [keyOf(region)]: id };
}

/** EC2 refused the copy: nothing is to be waited for. */
export function refusedTags(region: string): Tags {
  return { [keyOf(region)]: 'refused' };
}

/** Undefined: it says nothing that could be read. The region's own tags decide then. */
export function readCopiedTo(tags: Tags, region: string): CopiedTo | undefined {
  const text = tags[keyOf(region)] ?? '';
  if (/^snap-[0-9a-f]+$/.test(text)) return { id: text };
  const askedAt = text.startsWith('asked ') ? Date.parse(text.slice('asked '.length)) : Number.NaN;
  return Number.isFinite(askedAt) ? { askedAt } : undefined;
}
