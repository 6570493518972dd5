import { appendFile, copyFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { describeWith } from '../../lab/requirements.ts';
import { output } from '../../lab/run.ts';
import { inContainer } from '../containers.ts';
import { errorOf } from '../trouble.ts';
import { createVolume } from '../volumes.ts';
import { realGlusterHosts, useGlusterHosts } from './use-hosts.ts';

/** The counters of data, metadata and name changes that one replica has and the other lacks. */
const oneWrite = '0x000000010000000000000000';

describeWith(
  { ...realGlusterHosts, programs: [...realGlusterHosts.programs, 'setfattr'] },
  'a file in split-brain',
  () => {
    const { cluster, host } = useGlusterHosts({ hosts: 1 });

    test('is reported with the command that lists such files, and no data is lost', async () => {
      await createVolume(host(), 'torn');
      await createVolume(host(), 'beside');
      await inContainer(host(), ['torn:/d'], 'echo before > /d/file');
      await host().holdfast.stop();
      const records = cluster().peers.map((peer) => `${peer.brickPath()}/.holdfast/registry/torn.json`);
      const [first = '', second = ''] = records;
      await copyFile(first, `${host().folder}/torn.json`);
      for (const [place, record] of records.entries()) {
        await appendFile(record, `${place}\n`);
        await output('setfattr', ['-n', `trusted.afr.gv0-client-${1 - place}`, '-v', oneWrite, record]);
      }
      try {
        await host().holdfast.start();
        const refused = await host().holdfast.call('VolumeDriver.Mount', { Name: 'torn', ID: 'x' });
        expect(errorOf(refused)).toMatch(
          /torn.*torn\.json.*split-brain.*`gluster volume heal gv0 info split-brain`/,
        );
        expect(await inContainer(host(), ['beside:/d'], 'touch /d/file && ls /d')).toBe('file');
      } finally {
        await host().holdfast.stop();
        for (const [place, record] of [first, second].entries()) {
          await output('sh', ['-c', 'cat "$0" > "$1"', `${host().folder}/torn.json`, record]);
          await output('setfattr', ['-x', `trusted.afr.gv0-client-${1 - place}`, record]);
        }
        await host().holdfast.start();
      }
      expect(await inContainer(host(), ['torn:/d'], 'cat /d/file')).toBe('before');
    });
  },
);
