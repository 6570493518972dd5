import { readFile } from 'node:fs/promises';
import { expect } from '@jest/globals';
import { mountpoints } from '../../lab/kernel-view.ts';
import { nomad as program } from '../../lab/nomad/program.ts';
import { allProcesses } from '../../lab/processes.ts';
import { describeWith } from '../../lab/requirements.ts';
import { type LoneNomad, useLoneNomad } from './use-lone-nomad.ts';

const needs = { root: true, programs: ['ip', 'unshare', 'nsenter', 'mkfs.ext4', 'gcc'] } as const;
const once = 'single-node-writer';

describeWith(needs, "a volume of Nomad's tasks", () => {
  const lab = useLoneNomad();
  const testNomad = (title: string, work: (nomad: LoneNomad) => Promise<void>) =>
    program.test(title, async () => work(await lab()), 600_000);

  testNomad('is written by one, which keeps it for itself, and read by the next', async (it) => {
    await it.create('data');
    await it.run('writer', claiming(it, 'writer', 'data', 'echo kept > $place/file; exec sleep 100000'));
    const [writer] = await it.running('writer');
    await it.isShown(new RegExp(`^${writer?.ID.slice(0, 8)} .* running`, 'm'), 'volume', 'status', 'data');
    await it.run('second', claiming(it, 'second', 'data', 'exec sleep 100000'));
    await it.isShown(/exhausted .* claims|has exhausted/, 'job', 'status', 'second');
    expect((await it.tryNomad('volume', 'delete', 'data')).stderr).toMatch(/Volume data is in use/);
    await it.nomad('job', 'stop', '-detach', '-purge', 'second');
    await it.end('writer');
    await isReleased(it, 'data');
    await it.run(
      'reader',
      claiming(it, 'reader', 'data', 'cat $place/file > $NOMAD_TASK_DIR/read; exec sleep 100000'),
    );
    await it.eventually('it has read', async () => (await inTask(it, 'reader', 'read')) === 'kept\n');
    await it.end('reader');
    await isReleased(it, 'data');
    await it.nomad('volume', 'delete', 'data');
  });

  testNomad('is written on while the client is restarted, and is released', async (it) => {
    await it.create('steady');
    await it.run('steady', claiming(it, 'steady', 'steady', appending));
    await writesOn(it, 'steady');
    const [before] = await it.running('steady');
    await it.agent.agent.stop();
    await it.agent.startAgent();
    await it.isShown(/ ready$/m, 'node', 'status');
    await writesOn(it, 'steady');
    expect((await it.running('steady'))[0]?.ID).toBe(before?.ID);
    await it.isHealthy('holdfast', 1, 1);
    await it.end('steady');
    await isReleased(it, 'steady');
    await it.nomad('volume', 'delete', 'steady');
  });

  // The last one: Nomad does not place a task while it holds the plugin for unhealthy, and looks only every 30 s.
  testNomad('is written on while the plugin is killed and starts again, and is released', async (it) => {
    await it.create('busy');
    await it.run('busy', claiming(it, 'busy', 'busy', appending));
    await writesOn(it, 'busy');
    const before = await pluginOf(it);
    process.kill(before, 'SIGKILL');
    await writesOn(it, 'busy');
    await it.eventually('another plugin runs', async () => (await pluginOf(it)) !== before);
    await it.isHealthy('holdfast', 1, 1);
    await writesOn(it, 'busy');
    await it.end('busy');
    await isReleased(it, 'busy');
    await it.eventually('the plugin counts as healthy again', async () => {
      const { exitCode } = await it.tryNomad('volume', 'delete', 'busy');
      return exitCode === 0;
    });
  });
});

/** Stops at the first write that fails. */
const appending =
  'while echo line >> $place/lines; do echo ok >> $NOMAD_TASK_DIR/read; sleep 0.05; done; exec sleep 100000';

/** Its task runs outside of containers, and finds the volume where Nomad had it published for the allocation. */
function claiming({ agent }: LoneNomad, job: string, volume: string, script: string): string {
  const place = `${agent.folder}/nomad/client/csi/monolith/holdfast/per-alloc/$NOMAD_ALLOC_ID/${volume}/*`;
  return `job "${job}" {
  group "group" {
    restart {
      attempts = 0
    }
    volume "v" {
      type            = "csi"
      source          = "${volume}"
      access_mode     = "${once}"
      attachment_mode = "file-system"
    }
    task "task" {
      driver = "raw_exec"
      config {
        command = "/bin/sh"
        args    = ["-c", ${JSON.stringify(`place=$(echo ${place}); ${script}`)}]
      }
    }
    # Nomad gives a volume only to a group with a driver that could mount it. This task is never needed.
    task "mounter" {
      driver = "exec"
      lifecycle {
        hook = "poststop"
      }
      config {
        command = "/bin/true"
      }
    }
  }
}
`;
}

/** A file of the task's own directory. */
async function inTask(it: LoneNomad, job: string, file: string): Promise<string> {
  const [allocation] = await it.running(job);
  return readFile(`${it.agent.folder}/nomad/alloc/${allocation?.ID}/task/local/${file}`, 'utf8').catch(
    () => '',
  );
}

async function writesOn(it: LoneNomad, job: string): Promise<void> {
  const before = (await inTask(it, job, 'read')).length;
  await it.eventually('it writes on', async () => (await inTask(it, job, 'read')).length > before + 6);
}

/** The process of the plugin. */
function pluginOf(it: LoneNomad): Promise<number> {
  return it.eventually('the plugin runs', async () => {
    const all = await allProcesses();
    return all.find(({ args }) => args.includes('serve') && args.includes(`${it.agent.folder}/config.yaml`))
      ?.pid;
  });
}

async function isReleased(it: LoneNomad, volume: string): Promise<void> {
  await it.eventually(`${volume} is released`, async () => {
    const all = await mountpoints(`/proc/${it.agent.namespace.pid()}/mountinfo`);
    return !all.some((path) => path.split('/').includes(volume));
  });
}
