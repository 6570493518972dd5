import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { describeWith } from '../lab/requirements.ts';
import { inContainer, startContainer } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';

describeWith(realEngine, 'volumes that Docker made itself', () => {
  const machine = useMachine();
  const given = (path: string) => `${machine().folder}/given/${path}`;
  const adopt = (...words: string[]) =>
    machine().holdfast.tryCommand(
      ...['adopt', '--from', 'docker-local', `${machine().folder}/docker/volumes`, '--move', given('moved')],
      ...words,
    );
  const createLocal = (name: string, ...options: string[]) =>
    machine().docker('volume', 'create', ...options.flatMap((option) => ['-o', option]), name);

  test('are moved with their data, and moved back', async () => {
    const { docker } = machine();
    for (const folder of ['moved', 'photos']) await mkdir(given(folder), { recursive: true });
    await writeFile(given('photos/file'), 'a photo');
    await createLocal('own');
    await createLocal('bound', 'type=none', 'o=bind', `device=${given('photos')}`);
    await createLocal('far', 'type=nfs', 'o=addr=nfs.example,rw', 'device=:/srv/far');
    await createLocal('office', 'type=cifs', 'o=username=a,password=secret', 'device=//nas/office');
    await startContainer(machine(), 'user', ['own:/d']);
    await docker('exec', 'user', 'sh', '-c', 'echo dear > /d/file');

    const busy = await adopt('--dry-run');
    expect(busy.stderr).toMatch(/"own" was not moved: .* is mounted for process \d+: stop its container/);
    await docker('stop', 'user');

    const { stdout, stderr } = await adopt();
    expect(stdout).toMatch(/bound +holdfast +moved\nown +holdfast +moved/);
    expect(stderr).toContain('"far" was not adopted. It needs the backend nfs');
    expect(stderr).toContain('office');
    expect(stderr).not.toContain('secret');
    // Docker's own record comes first for a name that both have.
    await docker('rm', 'user');
    for (const name of ['own', 'bound']) await docker('volume', 'rm', name);
    expect(await inContainer(machine(), ['own:/d'], 'cat /d/file; echo later > /d/later')).toBe('dear');
    expect(await inContainer(machine(), ['bound:/d'], 'cat /d/file')).toBe('a photo');
    expect(await docker('volume', 'inspect', '--format', '{{.Driver}}', 'own')).toBe('holdfast');

    for (const name of ['own', 'bound']) await docker('volume', 'rm', name);
    expect(await readFile(given('moved/own/later'), 'utf8')).toBe('later\n');
    for (const name of ['far', 'office']) await docker('volume', 'rm', name);
  });

  test('are at their place again after --undo, and Docker finds what was written meanwhile', async () => {
    await createLocal('again');
    await inContainer(machine(), ['again:/d'], 'echo dear > /d/file');
    expect((await adopt()).stdout).toMatch(/again +holdfast +moved/);
    await machine().holdfast.command('volume', 'mount', 'again');
    await writeFile(`${machine().folder}/given/moved/again/file`, 'dearer');
    await machine().holdfast.command('volume', 'unmount', 'again');
    expect((await adopt('--undo')).stdout).toMatch(/again +holdfast +moved back/);
    expect(await inContainer(machine(), ['again:/d'], 'cat /d/file')).toBe('dearer');
    expect(await machine().docker('volume', 'inspect', '--format', '{{.Driver}}', 'again')).toBe('local');
  });
});
