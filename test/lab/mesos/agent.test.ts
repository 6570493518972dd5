import { describe, expect, test } from '@jest/globals';
import { type Agent, type Call, createAgent, type Ended, type Task, type VolumeWish } from './agent.ts';

const volume = (name: string): VolumeWish => ({ name, options: [] });
const wish = (names: readonly string[], checkpointed = true) => ({
  volumes: names.map(volume),
  checkpointed,
});

/** Calls that succeed at once, except those that must fail or hang. */
function openAgent() {
  const calls: string[] = [];
  const failing = new Set<string>();
  const hanging = new Set<string>();
  const answer = (what: string): Promise<Ended> | Ended => {
    if (failing.has(what)) return { exitCode: 1, stdout: '' };
    return { exitCode: 0, stdout: what.startsWith('mount') ? `/${what}\n` : '' };
  };
  const call = (verb: string, { name, driver }: VolumeWish): Call => {
    const what = [verb, name, ...(driver === undefined ? [] : ['of', driver])].join(' ');
    calls.push(what);
    if (!hanging.has(what)) return { ended: Promise.resolve(answer(what)), kill: () => undefined };
    let end: (ended: Ended) => void = () => undefined;
    const ended = new Promise<Ended>((resolve) => {
      end = resolve;
    });
    return { ended, kill: () => end({ exitCode: null, stdout: '' }) };
  };
  const agent: Agent<Task> = createAgent({
    call,
    async startTask() {
      let runs = true;
      return {
        running: () => runs,
        async kill() {
          runs = false;
        },
      };
    },
  });
  return { agent, failing, hanging, made: () => calls.splice(0) };
}

describe('the model of an agent', () => {
  test('mounts for each task, and unmounts after the last one', async () => {
    const { agent, made } = openAgent();
    await agent.start();
    await agent.launch(wish(['a', 'b']));
    await agent.launch(wish(['a']));
    expect(made()).toEqual(['mount a', 'mount b', 'mount a']);
    await agent.end('task-1');
    expect(made()).toEqual(['unmount b']);
    await agent.end('task-2');
    expect(made()).toEqual(['unmount a']);
  });

  test('counts users by driver and name, and refuses a task with a duplicate before any call', async () => {
    const { agent, made } = openAgent();
    const of = (driver: string) => ({ driver, name: 'a', options: [] });
    await agent.start();
    await agent.launch({ volumes: [of('x'), of('y')], checkpointed: true });
    await agent.launch({ volumes: [of('y')], checkpointed: true });
    made();
    await agent.end('task-1');
    expect(made()).toEqual(['unmount a of x']);
    await agent.launch({ volumes: [of('x'), of('x')], checkpointed: true });
    expect(made()).toEqual([]);
    await agent.end('task-2');
    expect(made()).toEqual(['unmount a of y']);
  });

  test('unmounts once for each container that is known only from its checkpoint, one by one', async () => {
    const { agent, made } = openAgent();
    await agent.start();
    for (let count = 0; count < 3; count += 1) await agent.launch(wish(['a', 'b']));
    await agent.launch(wish(['b'], false));
    agent.kill();
    for (const id of ['task-1', 'task-2', 'task-3', 'task-4']) await agent.end(id);
    made();
    await agent.start('reboot');
    expect(made()).toEqual([...Array(3)].flatMap(() => ['unmount a', 'unmount b']).concat('unmount b'));
    expect(agent.remembered()).toEqual([]);
  });

  test("does not unmount an orphan's volume that a running task also has", async () => {
    const { agent, made } = openAgent();
    await agent.start();
    await agent.launch(wish(['a', 'b'], false));
    await agent.launch(wish(['a']));
    agent.kill();
    await agent.end('task-1');
    made();
    await agent.start();
    expect(made()).toEqual(['unmount b']);
  });

  test('if one volume of a task cannot be mounted, unmounts all of them and does not run the task', async () => {
    const { agent, failing, made } = openAgent();
    failing.add('mount b');
    await agent.start();
    await agent.launch(wish(['a', 'b']));
    expect(made()).toEqual(['mount a', 'mount b', 'unmount a', 'unmount b']);
    expect(agent.living()).toEqual([]);
  });

  test('retries a failed unmount at each of its starts until it succeeds', async () => {
    const { agent, failing, made } = openAgent();
    failing.add('unmount a');
    await agent.start();
    await agent.launch(wish(['a']));
    await agent.end('task-1');
    const starts: (readonly string[])[] = [];
    for (const start of ['fails', 'succeeds', 'has nothing to do']) {
      if (start === 'succeeds') failing.clear();
      agent.kill();
      made();
      await agent.start();
      starts.push(made());
    }
    expect(starts).toEqual([['unmount a'], ['unmount a'], []]);
  });

  test('keeps checkpointed tasks after its death without a call, and unmounts the volumes of other and ended tasks', async () => {
    const { agent, made } = openAgent();
    await agent.start();
    await agent.launch(wish(['kept', 'both']));
    await agent.launch(wish(['lost', 'both'], false));
    await agent.launch(wish(['ended']));
    agent.kill();
    await agent.end('task-3');
    made();
    await agent.start();
    expect(made()).toEqual(['unmount lost', 'unmount ended']);
    expect(agent.living().map(({ id }) => id)).toEqual(['task-1']);
    await agent.end('task-1');
    expect(made()).toEqual(['unmount kept', 'unmount both']);
  });

  test.each(['kill', 'losePatience'] as const)(
    'unmounts after %s in the middle of a mount, and lets the next mount of it wait until then',
    async (end) => {
      const { agent, hanging, made } = openAgent();
      hanging.add('mount a');
      await agent.start();
      const launching = [agent.launch(wish(['a'])), agent.launch(wish(['a']))];
      await Promise.resolve();
      expect(made()).toEqual(['mount a']);
      hanging.clear();
      if (end === 'losePatience') agent.losePatience('mount');
      else {
        agent.kill();
        await agent.start();
      }
      await Promise.all(launching);
      await agent.idle();
      // Neither task had a process by which the agent could know it.
      expect(made()).toEqual(end === 'kill' ? ['unmount a', 'unmount a'] : ['mount a']);
    },
  );
});
