import { expect } from '@jest/globals';
import { claiming } from '../../lab/nomad/jobs.ts';
import { nomad as program } from '../../lab/nomad/program.ts';
import { describeWith } from '../../lab/requirements.ts';
import { type NomadLab, nomadParts, runPlugin, useNomad } from './use-nomad.ts';

describeWith(nomadParts, 'a volume of Nomad', () => {
  const lab = useNomad();
  const testNomad = (title: string, work: (lab: NomadLab) => Promise<void>) =>
    program.test(title, async () => work(await lab()), 900_000);

  testNomad('is there again after a kill of its plugin, for the next allocation', async (it) => {
    await runPlugin(it);
    await it.volume('lasting');
    await it.run('stayer', claiming('stayer', 'lasting', { on: 'second' }));
    await it.inTask('stayer', 'echo lasts > /d/file');
    const before = await it.container(it.second);
    await it.second.docker('kill', before);
    await it.container(it.second, before);
    await it.isHealthy('holdfast', 2, 2);
    // The FUSE client ended with the plugin.
    const [allocation] = await it.running('stayer');
    await it.nomad('alloc', 'stop', '-detach', allocation?.ID ?? '');
    const read = async () => (await it.inTask('stayer', 'cat /d/file')) === 'lasts';
    await it.eventually('its data is there', read);
    await it.end('stayer');
    await it.isReleased('lasting');
    await it.nomad('volume', 'delete', 'lasting');
  });

  testNomad('stays with its task while the client is restarted, and is released afterwards', async (it) => {
    await runPlugin(it);
    await it.volume('steady');
    await it.run('steady', claiming('steady', 'steady', { on: 'second' }));
    await it.inTask('steady', 'echo steady > /d/file');
    const [before] = await it.running('steady');
    await it.second.agent.stop();
    await it.second.startAgent();
    await it.isReady();
    const read = async () => (await it.inTask('steady', 'cat /d/file')) === 'steady';
    await it.eventually('the task is reached', read);
    expect((await it.running('steady'))[0]?.ID).toBe(before?.ID);
    await it.isHealthy('holdfast', 2, 2);
    await it.end('steady');
    await it.isReleased('steady');
    await it.nomad('volume', 'delete', 'steady');
  });
});
