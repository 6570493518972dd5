import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Examined } from '../../../src/doctor/examine.ts';
import { describeWith } from '../../lab/requirements.ts';
import * as broken from './broken.ts';
import { ask, found, mend, stage, type Trouble, type Troubles, undo, type Wanted } from './stage.ts';
import { realServices, useInstalledHost } from './use-host.ts';
import { whileAllRuns } from './while-all-runs.ts';

/** The troubles of a time, and what is found once they are mended, to be mended as well. */
const times: readonly (readonly [string, Troubles, Wanted?])[] = [
  ['while all runs', whileAllRuns],
  ['while Docker is stopped', broken.withoutDocker],
  ['while no daemon runs', broken.withoutDaemon, ['state', /could not be read, and was set aside/]],
  ['without an installation', broken.uninstalled],
  ['while Docker hangs', broken.hungEngine],
  ['when a socket has no file', broken.unbound],
  ['when a container was not started', broken.unstarted],
  ['when a socket is in another folder', broken.outOfSight],
];

describeWith(realServices, 'on a host that is broken on purpose', () => {
  const host = useInstalledHost();

  test('a full root is named with the line that shows what fills it; what to delete only its owner knows', async () => {
    const full: Trouble = {
      stage: `holdfast volume create fat --driver tin
        dd if=/dev/zero of=$F/disk/volumes/fat/heap bs=1M count=22`,
      check: 'space',
      evidence: /\/disk\/volumes: \d MiB of 24 are free/,
      after: 'holdfast volume rm fat',
    };
    const [finding] = await stage(host(), [full]);
    expect(await host().sh(finding?.mend ?? '')).toMatch(/^22M\s.*\/disk\/volumes\/fat$/m);
    await host().sh(`rm ${host().folder}/disk/volumes/fat/heap`);
    expect(await host().wrong()).toEqual([]);
    await undo(host(), [full]);
  });

  describe.each(times)('%s, the doctor and the commands know', (_, troubles, next) => {
    const all = Object.values(troubles);
    let findings: readonly Examined[] = [];
    beforeAll(async () => {
      findings = await stage(host(), all);
    });
    afterAll(() => undo(host(), all));

    test.each(Object.entries(troubles))('%s', async (_name, { check, evidence, within, asked = [] }) => {
      expect(findings).toContainEqual(
        expect.objectContaining({
          check,
          evidence: expect.stringMatching(evidence),
          mend: expect.any(String),
        }),
      );
      for (const [words, says] of asked) expect(await ask(host(), words, within)).toMatch(says);
    });

    test('what mends them', async () => {
      await mend(host(), findings);
      if (next !== undefined) await mend(host(), await found(host(), [next]));
      expect(await host().wrong()).toEqual([]);
    });
  });
});
