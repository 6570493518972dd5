import { expect, test } from '@jest/globals';
import { createServiceLife, statusLine } from '../../src/daemon/service-life.ts';

const driver = (mounted: number, members: readonly string[] = []) => ({
  members,
  status: () => ({ mounted }),
});

test('the status counts each driver and mounted volume once, and names problems', () => {
  const health = [
    { driver: 'gold', state: 'ready' },
    { driver: 'iron', state: 'failed' },
    { driver: 'shared', state: 'recovering' },
    { driver: 'all', state: 'ready' },
  ] as const;
  expect(statusLine(health, [driver(2), driver(1), driver(3, ['gold', 'shared'])])).toBe(
    '2 of 4 drivers ready; 3 volumes mounted; recovering: shared; not open: iron',
  );
  expect(statusLine(health.slice(0, 1), [driver(1)])).toBe('1 of 1 drivers ready; 1 volume mounted');
});

test('the watchdog is notified only while the sockets are open, and only if there is one', async () => {
  const told: string[] = [];
  const tell = (...assignments: readonly string[]) => void told.push(assignments.join(';'));
  const life = createServiceLife({ tell, watchdog: 10, status: () => 'well' });
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(told).toEqual([]);
  life.ready();
  await new Promise((resolve) => setTimeout(resolve, 60));
  life.stopping();
  life.end();
  const { length } = told;
  expect(told[0]).toBe('READY=1;STATUS=well');
  expect(told.slice(1, -1).every((one) => one === 'WATCHDOG=1')).toBe(true);
  expect(length).toBeGreaterThan(2);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(told).toHaveLength(length);

  const unwatched = createServiceLife({ tell, watchdog: undefined, status: () => 'well' });
  unwatched.ready();
  await new Promise((resolve) => setTimeout(resolve, 30));
  unwatched.end();
  expect(told).toHaveLength(length + 1);
});
