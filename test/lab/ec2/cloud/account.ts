import { randomBytes } from 'node:crypto';
import type { PageCutter } from '../api/paging.ts';
import type { Disks } from '../disks/disks.ts';
import type { Attachments } from './attachments.ts';
import type { ClientTokens } from './client-tokens.ts';
import type { Clock } from './clock.ts';
import type { Delays } from './delays.ts';
import type { Records } from './records.ts';
import type { Machine, Snapshot, Volume } from './resources.ts';
import type { VolumeType } from './volume-types.ts';

/** Everything that one account has in one region, and what the actions work with. */
export interface Account {
  /** The same account in each region, this one included. */
  readonly regions: ReadonlyMap<string, Account>;
  readonly clock: Clock;
  readonly region: string;
  readonly zones: readonly string[];
  readonly delays: Delays;
  readonly rules: AccountRules;
  readonly lag: Lag;
  readonly volumes: Records<Volume>;
  readonly instances: Records<Machine>;
  readonly snapshots: Records<Snapshot>;
  /** The answers of CreateVolume. */
  readonly created: ClientTokens<Volume>;
  readonly disks: Disks;
  readonly attachments: Attachments;
  readonly pages: PageCutter;
}

export interface AccountRules {
  /** GiB of all volumes of a type; absent: no limit. */
  readonly quotaGib: Readonly<Partial<Record<VolumeType, number>>>;
  /** How many snapshots there may be; no limit if absent. */
  readonly snapshotQuota?: number;
  /** How many copies of snapshots into the region may be under way; 20 if absent. */
  readonly copiesAtOnce?: number;
  readonly encryptByDefault: boolean;
  /** The keys that exist besides AWS's own; undefined: any key exists. */
  readonly kmsKeys: readonly string[] | undefined;
  /** What happens to a volume with an unusable key; EC2 does both. */
  readonly kmsRefusal: 'gone' | 'error';
}

/** Milliseconds by which Describe lags behind; `tagIndex` is added for filters by tag. */
export interface Lag {
  reads: number;
  tagIndex: number;
}

export const ownerId = '123456789012';

/** `vol-0123456789abcdef0`, as all IDs since 2018. */
export function newId(prefix: 'vol' | 'snap' | 'i' | 'r' | 'eni'): string {
  return `${prefix}-0${randomBytes(8).toString('hex')}`;
}

/** AWS's own for EBS. */
export function ownKmsKey(region: string): string {
  return `arn:aws:kms:${region}:${ownerId}:key/aws-ebs`;
}

export function isId(prefix: 'vol' | 'snap' | 'i', id: string): boolean {
  return new RegExp(`^${prefix}-[0-9a-f]{8}(?:[0-9a-f]{9})?$`).test(id);
}

export function isoTime(time: number): string {
  return new Date(time).toISOString();
}
