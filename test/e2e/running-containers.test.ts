import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { describeWith } from '../lab/requirements.ts';
import { inspect, startContainer, startWriter } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { createVolume, isReleased } from './volumes.ts';

describeWith(realEngine, 'a running container keeps its volume', () => {
  const machine = useMachine();

  test('when files are copied into and out of it, and releases it when it stops', async () => {
    const { docker, folder } = machine();
    await createVolume(machine(), 'copied');
    await startContainer(machine(), 'target', ['copied:/d']);
    await writeFile(`${folder}/letter`, 'dear reader\n');
    await docker('cp', `${folder}/letter`, 'target:/d/letter');
    await docker('cp', 'target:/d/letter', `${folder}/returned`);
    expect(await readFile(`${folder}/returned`, 'utf8')).toBe('dear reader\n');
    expect(await machine().isMounted('copied')).toBe(true);
    expect(await docker('exec', 'target', 'sh', '-c', 'echo p.s. >> /d/letter; cat /d/letter')).toBe(
      'dear reader\np.s.',
    );
    await docker('stop', 'target');
    await isReleased(machine(), 'copied');
  });

  test('when files are copied while another container shares the volume', async () => {
    const { docker, folder } = machine();
    await createVolume(machine(), 'busy');
    await startContainer(machine(), 'target', ['busy:/d']);
    const writer = await startWriter(machine(), 'writer', 'busy');
    for (const round of ['one', 'two', 'three']) await docker('cp', 'target:/d/lines', `${folder}/${round}`);
    await docker('stop', 'target');
    await writer.writesOn();
    expect(await machine().isMounted('busy')).toBe(true);
    expect(await writer.failures()).toBe('');
    await docker('stop', 'writer');
    await isReleased(machine(), 'busy');
  });

  test('when it is restarted', async () => {
    const { docker } = machine();
    await createVolume(machine(), 'restarted');
    await startContainer(machine(), 'again', ['restarted:/d']);
    await docker('exec', 'again', 'sh', '-c', 'echo before > /d/file');
    await docker('restart', 'again');
    expect(await docker('exec', 'again', 'cat', '/d/file')).toBe('before');
    await docker('stop', 'again');
    await isReleased(machine(), 'restarted');
  });

  test('when the engine restarts it after its process has died', async () => {
    const { docker } = machine();
    await createVolume(machine(), 'revived');
    const writer = await startWriter(machine(), 'phoenix', 'revived', '--restart=always');
    process.kill(Number(await writer.pid()), 'SIGKILL');
    await machine().eventually('it is started again', async () => {
      const [count, running] = (
        await inspect(machine(), 'phoenix', '.RestartCount}} {{.State.Running')
      ).split(' ');
      return count === '1' && running === 'true';
    });
    await writer.writesOn();
    expect(await machine().isMounted('revived')).toBe(true);
    await docker('stop', 'phoenix');
    await isReleased(machine(), 'revived');
  });

  test('until it is killed', async () => {
    await createVolume(machine(), 'dropped');
    await startContainer(machine(), 'victim', ['dropped:/d']);
    await machine().docker('kill', 'victim');
    await isReleased(machine(), 'dropped');
  });

  test('and files can be copied out of a stopped one without leaving a mount', async () => {
    const { docker, folder } = machine();
    await createVolume(machine(), 'asleep');
    await startContainer(machine(), 'sleeper', ['asleep:/d']);
    await docker('exec', 'sleeper', 'sh', '-c', 'echo dream > /d/file');
    await docker('stop', 'sleeper');
    await docker('cp', 'sleeper:/d/file', `${folder}/dream`);
    expect(await readFile(`${folder}/dream`, 'utf8')).toBe('dream\n');
    await isReleased(machine(), 'asleep');
  });
});
