import { expect } from '@jest/globals';
import { claiming, pinned } from '../../lab/nomad/jobs.ts';
import { nomad as program } from '../../lab/nomad/program.ts';
import { describeWith } from '../../lab/requirements.ts';
import { type NomadLab, nomadParts, runPlugin, useNomad } from './use-nomad.ts';

describeWith(nomadParts, 'volumes of Nomad on several clients', () => {
  const lab = useNomad();
  const testNomad = (title: string, work: (lab: NomadLab) => Promise<void>) =>
    program.test(title, async () => work(await lab()), 900_000);

  testNomad('are local to a client that has a plugin of its own, and are deleted there', async (it) => {
    const clients = ['first', 'second'] as const;
    const job = it.page('holdfast.nomad.hcl', 'local');
    const own = (client: string) => pinned(job.replaceAll('"holdfast"', `"holdfast-${client}"`), client);
    await it.plugin(...clients.map(own));
    for (const client of clients) await it.isHealthy(`holdfast-${client}`, 1, 1);
    const once = ['multi-node-multi-writer', 'single-node-writer'] as const;
    for (const client of clients) {
      const made = await it.volume(`on-${client}`, ['"holdfast"', `"holdfast-${client}"`], once);
      expect(made.stderr).toBe('');
      await it.run(client, claiming(client, `on-${client}`, { access: 'single-node-writer' }));
      await it.inTask(client, `echo ${client} > /d/file`);
      expect((await it.running(client))[0]?.NodeName).toBe(client);
      await it.end(client);
      await it.run(client, claiming(client, `on-${client}`, { access: 'single-node-writer' }));
      expect(await it.inTask(client, 'cat /d/file; stat -c "%u %a" /d')).toBe(`${client}\n999 700`);
      await it.end(client);
      await it.isReleased(`on-${client}`);
    }
    for (const client of clients) {
      await it.nomad('volume', 'delete', `on-${client}`);
      const removed = await it.holdfast(it[client], 'volume', 'ls', '--removed');
      expect(clients.filter((each) => removed.includes(`on-${each}`))).toEqual([client]);
    }
  });

  testNomad('stay with a running task when they are detached, and are free afterwards', async (it) => {
    await runPlugin(it);
    await it.volume('kept');
    await it.run('user', claiming('user', 'kept', { on: 'second' }));
    const [{ NodeID = '' } = {}] = await it.running('user');
    await it.nomad('volume', 'detach', 'kept', NodeID);
    await it.inTask('user', 'echo still > /d/file');
    await it.end('user');
    await it.nomad('volume', 'detach', 'kept', NodeID);
    await it.isReleased('kept');
    await it.run('next', claiming('next', 'kept', { on: 'first' }));
    expect(await it.inTask('next', 'cat /d/file')).toBe('still');
    await it.end('next');
    await it.isReleased('kept');
    await it.nomad('volume', 'delete', 'kept');
  });

  testNomad(
    'of a client that is lost are on another one, and are released there when it is back',
    async (it) => {
      await runPlugin(it);
      await it.volume('precious', ['multi-node-multi-writer', 'single-node-writer']);
      await it.run('user', claiming('user', 'precious', { on: 'second', access: 'single-node-writer' }));
      await it.inTask('user', 'echo kept > /d/file; sync');
      const [{ NodeID = '' } = {}] = await it.running('user');
      await it.second.agent.kill();
      for (const id of (await it.second.docker('ps', '--quiet')).split('\n'))
        await it.second.docker('kill', id);
      await it.isShown(/^second .* down$|second .* down/m, 'node', 'status');
      await it.run('heir', claiming('heir', 'precious', { on: 'first', access: 'single-node-writer' }));
      await it.nomad('volume', 'detach', 'precious', NodeID);
      await it.eventually('the heir reads', async () => (await it.inTask('heir', 'cat /d/file')) === 'kept');
      await it.second.startAgent();
      await it.isReady();
      await it.isHealthy('holdfast', 2, 2);
      expect(await it.inTask('heir', 'echo more >> /d/file; cat /d/file')).toBe('kept\nmore');
      for (const job of ['user', 'heir']) await it.end(job);
      await it.isReleased('precious');
      await it.nomad('volume', 'delete', 'precious');
    },
  );
});
