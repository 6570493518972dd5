import { expect, test } from '@jest/globals';
import { callPlugin } from '../fakes/plugin-client.ts';
import { describeWith } from '../lab/requirements.ts';
import { startContainer } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { createVolume } from './volumes.ts';

describeWith(realEngine, 'releasing a volume', () => {
  const machine = useMachine();
  const release = (...words: string[]) =>
    machine()
      .holdfast.command('volume', 'release', 'db', ...words)
      .catch((error: Error) => error.message);

  test('is refused while a container uses it, by name; lost holders are dropped, and it is unmounted', async () => {
    // The engine has neither Docker's default socket nor a link to its own there: it is found by its process.
    const { docker, folder, holdfast, namespace } = machine();
    await createVolume(machine(), 'db');
    await startContainer(machine(), 'web', ['db:/d']);
    // A caller that never unmounts it.
    const socket = `/proc/${namespace.pid()}/root/run/docker/plugins/holdfast.sock`;
    await callPlugin(socket, 'VolumeDriver.Mount', { Name: 'db', ID: 'lost' });
    const refused = await release();
    const web = `container web of Docker on ${folder}/docker.sock (running`;
    expect(refused).toMatch(/Volume db is in use by process /);
    expect(refused).toContain(web);
    expect(await release('--dry-run')).toContain(web);
    await docker('exec', 'web', 'touch', '/d/still-there');
    await docker('rm', '--force', 'web');
    expect(await machine().isMounted('db')).toBe(true);
    await machine().eventually('a dry run says what would be done', async () =>
      /drop holder +lost\n +unmount /.test(await release('--dry-run')),
    );
    expect(await machine().isMounted('db')).toBe(true);
    await machine().eventually('it is released', async () =>
      /is released|nothing to release/.test(await release()),
    );
    expect(await machine().isMounted('db')).toBe(false);
    expect(await release()).toBe('Volume db is not mounted on this host: there is nothing to release.');
    const events = JSON.parse(await holdfast.command('events', '--volume', 'db', '--json')).events;
    expect(events).toContainEqual(expect.objectContaining({ what: 'release', outcome: 'ok' }));
    expect(events).toContainEqual(expect.objectContaining({ what: 'drop-holder' }));
  });
});
