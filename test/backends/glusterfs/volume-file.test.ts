import { describe, expect, test } from '@jest/globals';
import { brickGroups } from '../../../src/backends/glusterfs/volume-file.ts';
import { type FakeSet, volumeFile } from './fake-glusterd.ts';

/** Whether all data is available while only the bricks with these numbers are up. */
function isEnough(sets: readonly FakeSet[], up: readonly number[]): boolean {
  const groups = brickGroups(volumeFile(sets));
  const bricks = groups.flatMap((group) => group.bricks);
  const running = new Set(bricks.filter((_, index) => up.includes(index)));
  return groups.every((group) => group.isEnough(running));
}

const bricks = ['gluster1:/b/1', 'gluster2:/b/2', 'gluster3:/b/3'] as const;
const two: FakeSet = { type: 'replicate', bricks: bricks.slice(0, 2) };
const three: FakeSet = { type: 'replicate', bricks };

describe('the bricks of a Gluster volume', () => {
  test('are read from its volume file', () => {
    expect(brickGroups(volumeFile([two])).map((group) => group.bricks)).toEqual([
      [
        { host: 'gluster1', path: '/b/1' },
        { host: 'gluster2', path: '/b/2' },
      ],
    ]);
    expect(brickGroups('')).toEqual([]);
    expect(brickGroups('volume x\n  nonsense\nend-volume\n')).toEqual([]);
  });
  test('replace each other in a replica set of two, unless a quorum is set', () => {
    expect(isEnough([two], [0])).toBe(true);
    expect(isEnough([two], [1])).toBe(true);
    expect(isEnough([two], [])).toBe(false);
  });
  test('must be a majority in a replica set of three', () => {
    expect(isEnough([three], [0, 2])).toBe(true);
    expect(isEnough([three], [2])).toBe(false);
  });
  test('must be half of them with the first brick, if two have a quorum', () => {
    const auto: FakeSet = { ...two, options: ['quorum-type auto'] };
    expect(isEnough([auto], [0])).toBe(true);
    expect(isEnough([auto], [1])).toBe(false);
  });
  test('must be as many as the administrator configured', () => {
    const fixed: FakeSet = { ...three, options: ['quorum-count 1', 'quorum-type fixed'] };
    expect(isEnough([fixed], [2])).toBe(true);
    const none: FakeSet = { ...three, options: ['quorum-count 3', 'quorum-type none'] };
    expect(isEnough([none], [1])).toBe(true);
  });
  test('must include one data brick if a thin arbiter breaks ties', () => {
    const thin: FakeSet = { ...three, options: ['thin-arbiter gluster3:/b/3'] };
    expect(isEnough([thin], [1])).toBe(true);
  });
  test('may be missing up to the redundancy of a dispersed set', () => {
    const dispersed: FakeSet = { type: 'disperse', options: ['redundancy 1'], bricks };
    expect(isEnough([dispersed], [0, 2])).toBe(true);
    expect(isEnough([dispersed], [0])).toBe(false);
  });
  test('are all needed if files are only distributed', () => {
    const spread: FakeSet = { type: 'alone', bricks: bricks.slice(0, 2) };
    expect(isEnough([spread], [0, 1])).toBe(true);
    expect(isEnough([spread], [0])).toBe(false);
  });
  test('must be enough in every set', () => {
    const other: FakeSet = { type: 'replicate', bricks: ['gluster1:/b/4', 'gluster2:/b/5'] };
    expect(isEnough([two, other], [1, 2])).toBe(true);
    expect(isEnough([two, other], [0, 1])).toBe(false);
  });
});
