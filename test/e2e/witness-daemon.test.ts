import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { builtDaemon } from '../lab/built-daemon.ts';
import { eventually } from '../lab/eventually.ts';
import { useMesos } from '../lab/mesos/use-cluster.ts';
import { alone } from '../lab/namespace.ts';
import { describeWith } from '../lab/requirements.ts';

const startMesos = useMesos();

describeWith({ root: true, programs: ['unshare'] }, 'a daemon with a witness', () => {
  test('asks for the agents when it starts, stores them, and stops at once', async () => {
    const mesos = await startMesos({ masters: 2 });
    const agent = mesos.addAgent({ hostname: 'a.example' });
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-witness-'));
    const config = join(folder, 'config.yaml');
    await writeFile(config, configuration(folder, mesos.addresses));
    // Runs in its own mount namespace, with which the mount root ends.
    const words = [...alone, process.execPath, await builtDaemon(), 'serve', '-c', config];
    const child = spawn('unshare', words, { stdio: 'ignore', env: {} });
    const ended = new Promise((resolve) => child.on('close', resolve));
    try {
      const file = join(folder, 'state/.witnesses/m.json');
      const text = await eventually('the agents to be written down', () =>
        readFile(file, 'utf8').catch(() => undefined),
      );
      expect(JSON.parse(text).agents).toMatchObject([{ id: agent.id, hostname: 'a.example' }]);
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    } finally {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true });
    }
  });
});

function configuration(folder: string, addresses: readonly string[]): string {
  return JSON.stringify({
    mountRoot: `${folder}/mounts`,
    stateDir: `${folder}/state`,
    runtimeDir: `${folder}/run`,
    socketDir: `${folder}/sockets`,
    adminSocket: `${folder}/admin.sock`,
    drivers: { holdfast: { backend: 'local', settings: { root: `${folder}/volumes` } } },
    witnesses: { m: { kind: 'mesos', addresses } },
  });
}
