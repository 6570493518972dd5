import { expect } from '@jest/globals';
import { claiming, mounting, pinned, sleeping } from '../../lab/nomad/jobs.ts';
import { nomad as program } from '../../lab/nomad/program.ts';
import { describeWith } from '../../lab/requirements.ts';
import { exampleJobs, startHoldfast } from './docker-driver.ts';
import { type NomadLab, nomadParts, runPlugin, useNomad } from './use-nomad.ts';

describeWith(nomadParts, 'volumes of Nomad', () => {
  const lab = useNomad();
  const testNomad = (title: string, work: (lab: NomadLab) => Promise<void>) =>
    program.test(title, async () => work(await lab()), 900_000);

  testNomad('the files of the page make one, whose data another job reads, and it is deleted', async (it) => {
    await runPlugin(it);
    const created = await it.nomad('volume', 'create', await it.file('volume.hcl', it.page('volume.hcl')));
    expect(created).toContain('Created external volume pg with ID pg');
    await it.run('db', sleeping(it.page('csi.nomad.hcl')));
    await it.inTask('db', 'echo kept > /var/lib/postgresql/data/file');
    await it.isShown(/^Access Mode +=.*multi-node-multi-writer/m, 'volume', 'status', 'pg');
    const [{ NodeName = '' } = {}] = await it.running('db');
    await it.end('db');
    const other = NodeName === 'first' ? 'second' : 'first';
    await it.run('reader', claiming('reader', 'pg', { on: other }));
    expect(await it.inTask('reader', 'cat /d/file; stat -c "%u %a" /d')).toBe('kept\n999 700');
    await it.end('reader');
    await it.isShown('No allocations placed', 'volume', 'status', 'pg');
    await it.isReleased('pg');
    await it.nomad('volume', 'delete', 'pg');
    expect(await it.nomad('volume', 'status')).not.toContain('pg');
    expect(await it.holdfast(it.first, 'volume', 'ls', '--removed')).toContain('pg');
  });

  testNomad('is written by tasks on both clients at once', async (it) => {
    await runPlugin(it);
    await it.volume('both');
    await it.run('pair', claiming('pair', 'both', { count: 2 }));
    const [one, two] = await it.running('pair', 2);
    await it.exec(one, 'echo here > /d/file');
    expect(await it.exec(two, 'cat /d/file')).toBe('here');
    await it.end('pair');
    await it.isReleased('both');
    await it.nomad('volume', 'delete', 'both');
  });

  testNomad('has snapshots, from which others are made', async (it) => {
    await runPlugin(it);
    await it.volume('origin');
    await it.run('writer', claiming('writer', 'origin'));
    await it.inTask('writer', 'echo then > /d/file');
    await it.end('writer');
    await it.isReleased('origin');
    expect(await it.nomad('volume', 'snapshot', 'create', 'origin', 'daily')).toContain('origin@daily');
    expect(await it.nomad('volume', 'snapshot', 'list', '-plugin', 'holdfast')).toContain('origin@daily');
    const plain = ['parameters {\n  uid  = "999"\n  mode = "0700"\n}', ''] as const;
    const source = [
      'plugin_id    = "holdfast"',
      'plugin_id = "holdfast"\nsnapshot_id = "origin@daily"',
    ] as const;
    expect((await it.volume('copy', source, plain)).stderr).toBe('');
    await it.run('reader', claiming('reader', 'copy'));
    expect(await it.inTask('reader', 'cat /d/file')).toBe('then');
    await it.end('reader');
    await it.isReleased('copy');
    const refused = await it.tryNomad('volume', 'delete', 'origin');
    expect(refused.stderr).toContain('has snapshots (daily), which would go with it: delete them first');
    await it.nomad('volume', 'snapshot', 'delete', 'holdfast', 'origin@daily');
    for (const name of ['origin', 'copy']) await it.nomad('volume', 'delete', name);
  });

  testNomad('are used by the docker driver, as the jobs of the page and of the examples say', async (it) => {
    const { docker } = it.first;
    const daemon = await startHoldfast(it.first);
    // Nomad removes the container a moment after its task has ended.
    const remove = (volume: string) =>
      it.eventually(`${volume} is removed`, () => docker('volume', 'rm', volume));
    await it.run('db', pinned(sleeping(it.page('db.nomad.hcl')), 'first'));
    await it.inTask('db', 'echo kept > /var/lib/postgresql/data/file');
    await it.end('db');
    await it.run('again', mounting(claiming('again', 'pg', { on: 'first' }), 'pg', 'holdfast'));
    expect(await it.inTask('again', 'cat /d/file')).toBe('kept');
    await it.end('again');
    await remove('pg');
    const jobs = await exampleJobs();
    for (const { name, text } of jobs) await it.run(name, pinned(sleeping(text), 'first'));
    for (const { name, volume, driver, options } of jobs) {
      await it.running(name);
      const [made] = JSON.parse(await docker('volume', 'inspect', volume));
      expect({ name, driver: made.Driver, options: made.Options }).toEqual({ name, driver, options });
    }
    for (const { name } of jobs) await it.end(name);
    for (const { volume } of jobs) await remove(volume);
    await daemon.stop();
  });
});
