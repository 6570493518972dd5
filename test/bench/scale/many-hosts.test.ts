import { expect, test } from '@jest/globals';
import { ec2Rate, mostHosts, shareRate } from './many-hosts.ts';

test('one host asks EC2 as often as the benchmark counted', () => {
  expect(ec2Rate({ hosts: 1, listed: 1_000 }) * 3600).toBeCloseTo(108);
  expect(ec2Rate({ hosts: 1, listed: 10_000 }) * 3600).toBeCloseTo(324);
  expect(mostHosts(10_000)).toBe(222);
});

test('a share is looked at by each host, and its records are read by each host', () => {
  expect(shareRate({ hosts: 10, listed: 299 })).toEqual({ looks: 4, records: 10 });
});
