import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eventually } from '../../lab/eventually.ts';
import { type Agent, createAgent } from '../../lab/mesos/agent.ts';
import { goodVolumes, play, round } from '../../lab/mesos/agent-history.ts';
import type { AgentHost } from '../../lab/mesos/agent-host.ts';
import type { WritingTask } from '../../lab/mesos/agent-task.ts';
import { describeWith } from '../../lab/requirements.ts';
import { tail } from '../../lab/service.ts';
import { isEmpty } from '../use-machine.ts';
import { useAgentHost } from './use-agent-host.ts';

/** Set HOLDFAST_HISTORIES=100 for more histories. A failure prints its seed; HOLDFAST_SEED repeats it. */
const numRuns = Number(process.env.HOLDFAST_HISTORIES ?? 8);
const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000_000);

describeWith({ root: true, programs: ['nsenter', 'unshare', 'mkfs.ext4'] }, 'whatever an agent does', () => {
  const host = useAgentHost();

  test(
    'exactly the volumes of running tasks are mounted; at the end none is, and no written word is lost',
    async () => {
      const history = fc.array(round, { minLength: 4, maxLength: 7 });
      const property = fc.asyncProperty(history, async (rounds) => {
        const agent = createAgent<WritingTask>({ call: host().dvdcli, startTask: host().startTask });
        const written = createRecord();
        const failures: unknown[] = [];
        await agent.start();
        try {
          for (const each of rounds) {
            await play({ agent, host: host(), failures }, each);
            if (each.settles) await keepWhatIsUsed(agent, host(), written);
          }
          await endWell(agent, host(), written);
          expect(failures).toEqual([]);
        } catch (error) {
          const evidence = await tail('holdfast', host().holdfast.service, 60);
          throw new Error(`${error instanceof Error ? error.message : String(error)}${evidence}`, {
            cause: error,
          });
        }
      });
      // A failure is not shrunk, because a smaller history would start with the leftovers of this one.
      await fc.assert(property, { numRuns, seed, endOnFailure: true });
    },
    60_000 + 20_000 * numRuns,
  );
});

/** The words that tasks have written to each volume. */
type WordsWritten = ReadonlyMap<string, string[]>;

function createRecord(): WordsWritten {
  return new Map(goodVolumes.map(({ name }) => [name, []]));
}

/** Checks that every running task can write to its volumes, and that its words are in the host's mounts. */
async function keepWhatIsUsed(
  agent: Agent<WritingTask>,
  host: AgentHost,
  written: WordsWritten,
): Promise<void> {
  for (const { id, task, volumes } of agent.living()) {
    const word = `${id}-${Math.random()}`;
    await task.write(word);
    for (const { name } of volumes) {
      written.get(name)?.push(word);
      expect({ id, name, mounted: await host.mounted() }).toMatchObject({
        mounted: expect.arrayContaining([name]),
      });
      expect(await readFile(host.path(`${host.mountpoint(name)}/lines`), 'utf8')).toContain(`${word}\n`);
    }
  }
}

async function endWell(agent: Agent<WritingTask>, host: AgentHost, written: WordsWritten): Promise<void> {
  await agent.idle();
  // Failed unmounts are retried.
  agent.kill();
  await agent.start();
  expect(agent.remembered()).toEqual(agent.living().map(({ id }) => id));
  await keepWhatIsUsed(agent, host, written);
  await onlyMounted(agent, host);
  const plan = await host.holdfast.command('recover', '--dry-run', '--json');
  expect(JSON.parse(plan)).toMatchObject({ drivers: [{ steps: [] }] });
  await Promise.all(agent.living().map(({ id }) => agent.end(id)));
  await onlyMounted(agent, host);
  for (const [name, words] of written) await removeWith(host, name, words);
  agent.kill();
  await eventually('nothing is left', () => isEmpty(host.leftovers()));
  expect(host.misspoken).toEqual([]);
}

/** Checks that exactly the tasks' volumes are mounted on the host, once each, and that tasks only have copies of these. */
async function onlyMounted(agent: Agent<WritingTask>, host: AgentHost): Promise<void> {
  const used = new Set(agent.living().flatMap(({ volumes }) => volumes.map(({ name }) => name)));
  const expected = [...used].sort();
  const isRight = async () => {
    expect(await host.mounted()).toEqual(expected);
    for (const { task } of agent.living())
      expect(await host.mounted(await task.mountpoints())).toEqual(expected);
    return true;
  };
  await eventually(`mounted is ${expected.join(' and ') || 'nothing'}`, isRight);
}

/** Checks that the volume has all its words and no holder. */
async function removeWith(host: AgentHost, name: string, words: readonly string[]): Promise<void> {
  const volume = { name, options: [] };
  if (words.length > 0) {
    await host.dvdcli('mount', volume).ended;
    const lines = await readFile(host.path(`${host.mountpoint(name)}/lines`), 'utf8');
    expect(lines.split('\n')).toEqual(expect.arrayContaining([...words]));
    await host.dvdcli('unmount', volume).ended;
  }
  expect(await host.dvdcli('remove', volume).ended).toMatchObject({ exitCode: 0 });
}
