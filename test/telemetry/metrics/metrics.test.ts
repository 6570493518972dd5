import { expect, test } from '@jest/globals';
import { parseVolumeName } from '../../../src/core/names.ts';
import type { ObservedCall } from '../../../src/core/volume-event.ts';
import { backupReadings } from '../../../src/telemetry/metrics/backup-readings.ts';
import { catalogue } from '../../../src/telemetry/metrics/catalogue.ts';
import { createCounts } from '../../../src/telemetry/metrics/counts.ts';
import { driverReadings, type ReadVolume } from '../../../src/telemetry/metrics/driver-readings.ts';
import { expose } from '../../../src/telemetry/metrics/expose.ts';
import { createProcessReadings } from '../../../src/telemetry/metrics/process-readings.ts';
import { describeWith } from '../../lab/requirements.ts';
import { lint, valuesOf } from './promtool.ts';

let time = 0;
const call = (rest: Partial<ObservedCall>): ObservedCall => ({
  verb: 'mount',
  driver: 'gold',
  volume: 'db',
  asker: { door: 'plugin' },
  outcome: 'ok',
  ms: 3,
  ...rest,
});
const volume = (name: string, rest: Partial<ReadVolume> = {}): ReadVolume => ({
  volume: { name: parseVolumeName(name), id: 'x', options: {}, given: {}, createdAt: '2026-01-01T00:00:00Z' },
  holders: [],
  catalogAge: 1500,
  ...rest,
});

/** Metrics with at least one value of each kind. */
async function everything(): Promise<string> {
  const counts = createCounts(() => time);
  counts.call(call({}));
  counts.call(call({ ms: 40_000 }));
  counts.call(call({ ms: 200_000, outcome: 'timeout' }));
  counts.call(call({ verb: 'get', outcome: 'not-found', ms: 0.01 }));
  const about = { driver: 'ebs', volume: 'db' };
  counts.log('holder-dropped', { driver: 'gold' });
  counts.log('holder-dropped', { driver: 'gold' });
  counts.log('list-failed', { driver: 'gold' });
  counts.log('attached', { ...about, ms: 2300 });
  counts.log('detaching', about);
  counts.log('detached', { ...about, ms: 3400 });
  counts.log('detaching', { ...about, volume: 'stuck' });
  counts.log('api-request', { driver: 'ebs', action: 'AttachVolume', outcome: 'ok', ms: 60 });
  counts.log('api-request', { driver: 'ebs', action: 'AttachVolume', outcome: 'throttled', ms: 20 });
  counts.log('api-request', { driver: 'ebs', action: 'DetachVolume', outcome: 'refused', ms: 20 });
  counts.log('server-state', { driver: 'nfs', server: 's1', state: 'no-reply' });
  counts.log('server-state', { driver: 'nfs', server: 's2', state: 'no-reply' });
  counts.log('server-state', { driver: 'nfs', server: 's2', state: 'ok' });
  counts.log('__proto__', {});
  time += 90_000;
  counts.log('detaching', { ...about, volume: 'stuck' });
  counts.log('server-state', { driver: 'nfs', server: 's1', state: 'unreachable' });
  const gold = [
    volume('db', {
      mountpoint: '/m/db',
      holders: [1, 2],
      usage: { of: 'volume', usedBytes: 30, sizeBytes: 100, usedInodes: 4, inodes: 10, measuredAt: 0 },
    }),
    volume('web', { mountpoint: '/m/web', usage: { of: 'root', usedBytes: 7, measuredAt: 0 } }),
    volume('old', { mustRestart: [1] }),
    { ...volume('bad'), volume: { name: parseVolumeName('bad'), unreadable: 'It is cut.' } },
  ];
  const nfs = [volume('a', { health: { server: 's"1\n\\', state: 'no-reply' } })];
  const drivers = [
    { name: 'gold', views: () => gold, status: () => ({ catalogAge: 1500, trashBytes: 4096 }) },
    {
      name: 'nfs',
      views: () => nfs,
      status: () => ({ catalogAge: 1500, health: { server: 'home', state: 'slow' } }),
    },
    { name: 'none', views: () => [], status: () => ({}) },
  ];
  const processReadings = createProcessReadings();
  await processReadings();
  const backup = { backup: 'nightly', driver: 'gold', volume: 'db' };
  const build = { labels: { version: '1.2.3', node: '20.0.0' }, value: 1 };
  const readings = [
    ...driverReadings(drivers, new Set(['/m/db', '/elsewhere'])),
    ...backupReadings([
      { ...backup, lastGood: 5_000, lastProof: 4_500, isLate: false },
      { ...backup, volume: 'web', isLate: true },
    ]),
    ...(await processReadings()),
  ];
  return (await expose(new Map([...counts.readings(), ...readings, ['holdfast_build_info', [build]]]))).text;
}

test('metrics show what happened, and the current state', async () => {
  const text = await everything();
  const of = (metric: string) => valuesOf(text, metric);
  expect(of('holdfast_call_duration_seconds_count')).toEqual({
    '{driver="gold",verb="mount",outcome="ok"}': 2,
    '{driver="gold",verb="mount",outcome="timeout"}': 1,
    '{driver="gold",verb="get",outcome="not-found"}': 1,
  });
  const [db, web] = ['db', 'web'].map((name) => `{backup="nightly",driver="gold",volume="${name}"}`);
  expect(of('holdfast_backup_last_success_timestamp_seconds')).toEqual({ [`${db}`]: 5 });
  expect(of('holdfast_backup_last_proof_timestamp_seconds')).toEqual({ [`${db}`]: 4.5 });
  expect(of('holdfast_backup_late')).toEqual({ [`${db}`]: 0, [`${web}`]: 1 });
  const mounts = of('holdfast_call_duration_seconds_bucket');
  const within = (le: string, outcome = 'ok') =>
    mounts[`{driver="gold",verb="mount",outcome="${outcome}",le="${le}"}`];
  expect([within('0.0025'), within('0.005'), within('30'), within('60'), within('+Inf')]).toEqual([
    0, 1, 1, 2, 2,
  ]);
  expect([within('120', 'timeout'), within('+Inf', 'timeout')]).toEqual([0, 1]);
  expect(of('holdfast_call_duration_seconds_sum')['{driver="gold",verb="mount",outcome="ok"}']).toBeCloseTo(
    40.003,
  );
  expect(of('holdfast_holders_dropped_total')).toEqual({ '{driver="gold"}': 2 });
  expect(of('holdfast_list_failures_total')).toEqual({ '{driver="gold"}': 1 });
  expect(of('holdfast_attach_duration_seconds_sum')).toEqual({ '{driver="ebs"}': 2.3 });
  expect(of('holdfast_detach_duration_seconds_count')).toEqual({ '{driver="ebs"}': 1 });
  expect(of('holdfast_ec2_detach_pending_seconds')).toEqual({ '{driver="ebs",volume="stuck"}': 90 });
  expect(of('holdfast_ec2_request_duration_seconds_count')).toEqual({
    '{driver="ebs",request="AttachVolume"}': 2,
    '{driver="ebs",request="DetachVolume"}': 1,
  });
  expect(of('holdfast_ec2_request_throttles_total')).toEqual({ '{driver="ebs",request="AttachVolume"}': 1 });
  expect(of('holdfast_ec2_request_errors_total')).toEqual({
    '{driver="ebs",request="AttachVolume",error="throttled"}': 1,
    '{driver="ebs",request="DetachVolume",error="refused"}': 1,
  });
  expect(of('holdfast_server_trouble_seconds')).toEqual({ '{driver="nfs",server="s1"}': 90 });
  expect(of('holdfast_server_up')).toEqual({
    '{driver="nfs",server="home"}': 1,
    '{driver="nfs",server="s\\"1\\n\\\\"}': 0,
  });
  expect(of('holdfast_trash_bytes')).toEqual({ '{driver="gold"}': 4096 });
  expect(of('holdfast_volumes')).toEqual({ '{driver="gold"}': 4, '{driver="nfs"}': 1, '{driver="none"}': 0 });
  for (const [metric, value] of [
    ['staged', 2],
    ['held', 1],
    ['in_use', 1],
    ['unreadable', 1],
    ['dead_mounts', 1],
  ])
    expect([metric, of(`holdfast_volumes_${metric}`)['{driver="gold"}']]).toEqual([metric, value]);
  expect(of('holdfast_catalog_age_seconds')).toEqual({ '{driver="gold"}': 1.5, '{driver="nfs"}': 1.5 });
  expect(of('process_resident_memory_bytes')['']).toBeGreaterThan(10e6);
  expect(of('process_open_fds')['']).toBeGreaterThan(3);
  expect(of('process_max_fds')['']).toBeGreaterThan(100);
  expect(of('holdfast_event_loop_lag_seconds')['']).toBeGreaterThanOrEqual(0);
});

test('a driver that was changed or removed by a reload is in trouble no longer, unless it says so again', async () => {
  const counts = createCounts(() => time);
  for (const driver of ['gone', 'other', 'kept'])
    counts.log('server-state', { driver, server: 's', state: 'no-reply' });
  counts.log('detaching', { driver: 'gone', volume: 'db' });
  counts.log('reloaded', { added: [], changed: ['other'], removed: ['gone'] });
  counts.log('server-state', { driver: 'other', server: 't', state: 'refused' });
  const { text } = await expose(counts.readings());
  expect(Object.keys(valuesOf(text, 'holdfast_server_trouble_seconds'))).toEqual([
    '{driver="kept",server="s"}',
    '{driver="other",server="t"}',
  ]);
  expect(valuesOf(text, 'holdfast_ec2_detach_pending_seconds')).toEqual({});
});

test('an unknown value has no sample, and is not 0', async () => {
  const text = await everything();
  expect(valuesOf(text, 'holdfast_volume_stats_used_bytes')).toEqual({
    '{driver="gold",volume="db",of="volume"}': 30,
    '{driver="gold",volume="web",of="root"}': 7,
  });
  expect(valuesOf(text, 'holdfast_volume_stats_available_bytes')).toEqual({
    '{driver="gold",volume="db",of="volume"}': 70,
  });
  expect(valuesOf(text, 'holdfast_volume_stats_inodes_free')).toEqual({
    '{driver="gold",volume="db",of="volume"}': 6,
  });
  const unseen = await expose(
    driverReadings([{ name: 'gold', views: () => [volume('db')], status: () => ({}) }], undefined),
  );
  expect(valuesOf(unseen.text, 'holdfast_volumes_in_use')).toEqual({});
  expect(unseen.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
});

describeWith({ programs: ['promtool'] }, 'promtool', () => {
  test('accepts them, and all of them exist', async () => {
    const text = await everything();
    expect(lint(text)).toBe('');
    const told = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    expect(told).toEqual(catalogue.map(({ name, type }) => `${name} ${type}`));
    for (const { name, labels } of catalogue) {
      const [first = ''] = Object.keys({ ...valuesOf(text, name), ...valuesOf(text, `${name}_count`) });
      expect([name, [...first.matchAll(/(\w+)=/g)].map(([, label]) => label)]).toEqual([name, labels]);
    }
  });

  test('accepts them before anything happened', async () => {
    expect(lint((await expose(new Map())).text)).toBe('');
  });
});
