import { expect } from '@jest/globals';
import { nomad as program } from '../../lab/nomad/program.ts';
import { describeWith } from '../../lab/requirements.ts';
import { type Change, type LoneNomad, useLoneNomad } from './use-lone-nomad.ts';

const needs = { root: true, programs: ['ip', 'unshare', 'nsenter', 'mkfs.ext4', 'gcc'] } as const;

describeWith(needs, "Nomad's commands about volumes", () => {
  const lab = useLoneNomad();
  const testNomad = (title: string, work: (nomad: LoneNomad) => Promise<void>) =>
    program.test(title, async () => work(await lab()), 600_000);

  testNomad('create one by the file of the page, show it, and delete it', async (it) => {
    expect((await it.create('pg')).stdout).toContain('Created external volume pg with ID pg');
    const shown = await it.nomad('volume', 'status', 'pg');
    expect(shown).toMatch(/^Provider +=.*local\.csi\.holdfast\.test$/m);
    expect(shown).toContain('local.csi.holdfast.test/host=host-a');
    expect(await it.nomad('volume', 'delete', 'pg')).toContain('Successfully deleted volume "pg"');
    expect(await it.nomad('volume', 'status')).not.toContain('pg');
  });

  testNomad('say why one cannot be made', async (it) => {
    const why = async (name: string, ...change: Change) => (await it.create(name, change)).stderr;
    expect(await why('option', 'mode = "0700"', 'moode = "0700"')).toContain(
      'Volume option: there is no option "moode". Did you mean "mode"?',
    );
    expect(await why('value', '"0700"', '"0999"')).toContain('"0999" is not a mode');
    expect(await why('raw', 'file-system', 'block-device')).toContain('Raw block volumes are not supported');
    expect(await why('many', 'single-node-writer', 'multi-node-multi-writer')).toContain(
      'a volume of this driver is on one node at a time',
    );
    // Nomad itself takes an absent limit for 0.
    expect(await why('open', 'capacity_max = "64MiB"\n', '')).toContain('LimitBytes cannot be less than');
    expect(await it.nomad('volume', 'status')).not.toMatch(/option|value|raw|many|open/);
  });

  testNomad('make snapshots and copies of one, which is deleted after its snapshots', async (it) => {
    await it.create('origin');
    const snapshot = ['volume', 'snapshot', 'create', 'origin'] as const;
    expect((await it.tryNomad(...snapshot)).stderr).toContain('missing Name');
    expect(await it.nomad(...snapshot, 'daily')).toMatch(/^origin@daily +origin +64 MiB .* true$/m);
    const list = () => it.nomad('volume', 'snapshot', 'list', '-plugin', 'holdfast');
    expect(await list()).toContain('origin@daily');
    const plugin = 'plugin_id    = "holdfast"';
    const plain: Change = ['parameters {\n  uid  = "999"\n  mode = "0700"\n}', ''];
    const from = (source: string): Change => [plugin, `${plugin}\n${source}`];
    expect((await it.create('copy', from('snapshot_id = "origin@daily"'), plain)).stderr).toBe('');
    expect((await it.create('clone', from('clone_id = "origin"'), plain)).stderr).toBe('');
    expect((await it.create('nothing', from('snapshot_id = "origin@never"'), plain)).stderr).toContain(
      'never',
    );
    expect((await it.tryNomad('volume', 'delete', 'origin')).stderr).toContain(
      'Volume origin has snapshots (daily), which would go with it: delete them first.',
    );
    await it.nomad('volume', 'snapshot', 'delete', 'holdfast', 'origin@daily');
    expect(await list()).not.toContain('daily');
    for (const name of ['origin', 'copy', 'clone']) await it.nomad('volume', 'delete', name);
  });
});
