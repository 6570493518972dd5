import { expect, test } from '@jest/globals';
import { parseVolumeName } from '../../../src/core/names.ts';
import { usualTimings } from '../../../src/driver/timings.ts';
import { createFakeCloud } from '../../fakes/ec2/fake-ec2.ts';
import { live, openHost } from './hosts.ts';

const none = new Set<never>();
const minute = 60_000;

/** Two instances; one of them checks for the other's changes. */
async function twoHosts() {
  const cloud = createFakeCloud();
  const a = await openHost(cloud, 'i-a');
  const b = await openHost(cloud, 'i-b');
  const looks = () => cloud.log.filter((entry) => entry.includes('holdfast:changed')).length;
  return { a, b, looks };
}

test('one request per minute shows what another host created', async () => {
  const { a, b, looks } = await twoHosts();
  await a.create('db');
  expect(await b.backend.changedNames(none, live)).toEqual(['db']);
  await a.create('web');
  expect(await b.backend.changedNames(none, live)).toEqual([]);
  expect(looks()).toBe(1);
  await b.pass(minute);
  expect(await b.backend.changedNames(new Set([parseVolumeName('db')]), live)).toEqual(['web']);
  expect(looks()).toBe(2);
});

test('an hour of polls every five seconds costs sixty requests', async () => {
  const { b, looks } = await twoHosts();
  for (let at = 0; at < 60 * minute; at += usualTimings.watch) {
    await b.backend.changedNames(none, live);
    await b.pass(usualTimings.watch);
  }
  expect(looks()).toBe(60);
});

test('changes by a host whose clock is two minutes off are seen, and each change is reported once', async () => {
  for (const minutes of [-2, 2]) {
    const { a, b } = await twoHosts();
    a.state.clock.now += minutes * minute;
    await a.create('db');
    expect(await b.backend.changedNames(none, live)).toEqual(['db']);
    b.state.clock.now += 10 * minute;
    await b.pass(minute);
    expect(await b.backend.changedNames(none, live)).toEqual([]);
  }
});
