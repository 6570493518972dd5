import { usualTimings } from '../../../src/driver/timings.ts';
import type { Workshop } from '../workshop.ts';

/* What many hosts ask of one storage while nothing changes. It computes, and measures nothing. */

const second = 1000;
const minute = 60 * second;
/** AWS' bucket for the Describe actions of an account in a region: requests per second. */
const refill = 20;
/** Volumes on a page of DescribeVolumes. */
const page = 500;

interface Fleet {
  readonly hosts: number;
  /** Volumes that each host lists: of its driver, on all hosts. */
  readonly listed: number;
}

/** Requests per second. A round is 2 requests and the pages (`npm run bench -- ebs`); changes are asked for once a minute. */
export function ec2Rate({ hosts, listed }: Fleet): number {
  return hosts * ((2 + listed / page) / (usualTimings.refresh / second) + second / minute);
}

/**
 * File operations per second on a share: each look at the registry opens its directory and reads its attributes; each round lists
 * the directory and reads every record.
 */
export function shareRate({ hosts, listed }: Fleet): { readonly looks: number; readonly records: number } {
  return {
    looks: (hosts * 2) / (usualTimings.watch / second),
    records: (hosts * (1 + listed)) / (usualTimings.refresh / second),
  };
}

/** Hosts at which the Describe bucket is used up. */
export function mostHosts(listed: number): number {
  return Math.floor(refill / ec2Rate({ hosts: 1, listed }));
}

const fleets: readonly Fleet[] = [
  { hosts: 100, listed: 1_000 },
  { hosts: 1_000, listed: 10_000 },
  { hosts: 10_000, listed: 1_000 },
  { hosts: 10_000, listed: 100_000 },
];

export async function benchScale({ report }: Workshop): Promise<void> {
  report.line('\n### Many hosts, while nothing changes\n');
  report.line(
    '| hosts | volumes that each lists | EC2 requests per second | of its refill of 20/s | hosts that one account allows | looks at a share per second | records read from it per second |',
  );
  report.line('|---|---|---|---|---|---|---|');
  for (const fleet of fleets) {
    const [ec2, share] = [ec2Rate(fleet), shareRate(fleet)];
    const figures = [fleet.hosts, fleet.listed, round(ec2), `${round((100 * ec2) / refill)} %`];
    const more = [mostHosts(fleet.listed), round(share.looks), round(share.records)];
    report.line(`| ${[...figures, ...more].join(' | ')} |`);
  }
}

function round(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}
