import { parseSnapshotName, parseVolumeName } from '../../core/names.ts';
import type { Containers } from '../../core/protect/containers.ts';
import { isUnreadableSnapshot } from '../../core/protect/snapshot.ts';
import type { ListedSnapshot } from '../../driver/volume-driver.ts';
import { parseOptions } from '../parse-options.ts';
import { removedAnswer, volumeDetailsAnswer } from './answers.ts';
import { calls } from './protocol.ts';
import { driverNamed, readJson, readQuery } from './requests.ts';
import { type AdminRoute, route, target } from './route.ts';
import type { SnapshotAnswer } from './shapes/snapshots.ts';
import { usedVolume } from './users.ts';

export function snapshotRoutes(containers: Containers): readonly AdminRoute[] {
  return [
    route(calls.snapshots, async (drivers, request) => {
      const driver = driverNamed(drivers, String(request.params.driver));
      const { volume } = readQuery(request, calls.snapshots.query);
      const found = await driver.listSnapshots(volume === undefined ? undefined : parseVolumeName(volume));
      return { snapshots: found.map((listed) => snapshotAnswer(driver.name, listed)) };
    }),
    route(calls.snapshot, async (drivers, request) => {
      const { driver, name } = target(drivers, request);
      const asked = await readJson(request, calls.snapshot.body);
      const use = asked.whileInUse ? 'accept' : 'refuse';
      const used = await usedVolume(driver, name, drivers);
      const prepare = () => containers.prepare(used, asked);
      const snapshot = await driver.snapshot(name, parseSnapshotName(asked.name), use, prepare);
      return snapshotAnswer(driver.name, { volume: name, snapshot });
    }),
    route(calls.removeSnapshot, async (drivers, request) => {
      const { driver, name: volume } = target(drivers, request);
      const name = parseSnapshotName(request.params.snapshot);
      await driver.removeSnapshot(volume, name);
      return { driver: driver.name, volume, name };
    }),
    route(calls.copySnapshot, async (drivers, request) => {
      const { driver, name: volume } = target(drivers, request);
      const name = parseSnapshotName(request.params.snapshot);
      const { place } = await readJson(request, calls.copySnapshot.body);
      return { driver: driver.name, volume, name, ...(await driver.copySnapshot(volume, name, place)) };
    }),
    route(calls.rollback, async (drivers, request) => {
      const { driver, name } = target(drivers, request);
      const snapshot = parseSnapshotName((await readJson(request, calls.rollback.body)).snapshot);
      const kept = removedAnswer(driver.name, await driver.rollback(name, snapshot));
      return { driver: driver.name, name, snapshot, kept };
    }),
    route(calls.grow, async (drivers, request) => {
      const { driver, name } = target(drivers, request);
      const { size } = await readJson(request, calls.grow.body);
      const volume = await driver.grow(name, size);
      return volumeDetailsAnswer(driver.name, (await driver.get(name)) ?? { volume, holders: [] });
    }),
    route(calls.modify, async (drivers, request) => {
      const { driver, name } = target(drivers, request);
      const { options } = await readJson(request, calls.modify.body);
      const volume = await driver.modify(name, parseOptions(options, 'options'));
      return volumeDetailsAnswer(driver.name, (await driver.get(name)) ?? { volume, holders: [] });
    }),
  ];
}

function snapshotAnswer(driver: string, { volume, snapshot }: ListedSnapshot): SnapshotAnswer {
  const names = { driver, volume, name: snapshot.name };
  if (isUnreadableSnapshot(snapshot)) return { ...names, unreadable: snapshot.unreadable };
  const { id, createdAt, consistency, progress, copiedFrom } = snapshot;
  const from = copiedFrom === undefined ? {} : { copiedFrom };
  const made = { ...names, id, createdAt, consistency, ...from, options: snapshot.volume.options };
  return progress === undefined ? made : { ...made, progress };
}
