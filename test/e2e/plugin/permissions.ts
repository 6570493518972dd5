import { mkdir, readFile } from 'node:fs/promises';
import { busybox } from '../../lab/images.ts';
import { post } from '../../lab/network/unix-http.ts';
import type { PluginMachine } from '../../lab/plugin/machine.ts';
import { plain } from '../containers.ts';
import { errorOf } from '../trouble.ts';

/** Each permission that plugin-config/config.json requests, except the network. */
export type Permission = 'CAP_SYS_ADMIN' | 'CAP_SYS_PTRACE' | 'pidhost' | 'allowAllDevices' | 'dev';

/** The error message of each call; empty if it succeeded. */
export interface Outcome {
  readonly mountFolder: string;
  readonly mountImage: string;
  /** For a volume that a container of another user uses. */
  readonly removeUsed: string;
  /** Reads the mount namespace's name of another user's process. It allows reading one table per namespace, not per process. */
  readonly nameNamespace: string;
}

/** Runs the plugin's program in a container with all permissions of config.json but one, and makes each call. */
export async function tryWithout(
  machine: PluginMachine,
  image: string,
  lacking?: Permission,
): Promise<Outcome> {
  const place = `${machine.folder}/without-${lacking ?? 'nothing'}`;
  for (const name of ['data', 'sockets', 'mounts']) await mkdir(`${place}/${name}`, { recursive: true });
  const binds = [`${place}/data:/var/lib/holdfast`, `${place}/sockets:/run/docker/plugins`];
  const volumes = [...binds, `${place}/mounts:/mnt/holdfast:rshared`].flatMap((bind) => ['-v', bind]);
  const flags = [...(await granted(lacking)), ...volumes, '--env=HOLDFAST_MANAGED_PLUGIN=true'];
  await machine.docker('run', '--detach', '--name=program', '--network=host', ...flags, image);
  const call = async (method: string, body: object) =>
    errorOf(await post(`${place}/sockets/holdfast.sock`, `/VolumeDriver.${method}`, body));
  await machine.eventually('it answers', async () => (await call('Create', { Name: 'folder' })) === '');
  await call('Create', { Name: 'image', Opts: { size: '32MiB' } });
  const mountFolder = await call('Mount', { Name: 'folder', ID: 'a' });
  const mountImage = await call('Mount', { Name: 'image', ID: 'a' });
  const used = ['-v', `${place}/mounts/holdfast/folder:/d`];
  const user = await machine.docker(
    'run',
    '--detach',
    '--user=1234',
    ...plain,
    ...used,
    busybox,
    'sleep',
    '1000',
  );
  const pid = await machine.docker('inspect', '--format', '{{.State.Pid}}', user);
  const look = `try { fs.readlinkSync('/proc/${pid}/ns/mnt'); '' } catch (error) { error.code }`;
  const nameNamespace = await machine.docker('exec', 'program', 'node', '--print', look);
  for (const Name of ['folder', 'image']) await call('Unmount', { Name, ID: 'a' });
  const removeUsed = await call('Remove', { Name: 'folder' });
  return { mountFolder, mountImage, removeUsed, nameNamespace };
}

/** config.json as arguments of `docker run`. An engine gives a plugin no seccomp profile. */
async function granted(lacking: Permission | undefined): Promise<readonly string[]> {
  const config = JSON.parse(
    await readFile(new URL('../../../plugin-config/config.json', import.meta.url), 'utf8'),
  );
  const capabilities: readonly string[] = config.linux.capabilities;
  const has = (permission: Permission) => permission !== lacking;
  return [
    '--security-opt=seccomp=unconfined',
    ...capabilities.filter((name) => name !== lacking).map((name) => `--cap-add=${name}`),
    ...(config.pidhost && has('pidhost') ? ['--pid=host'] : []),
    ...(config.linux.allowAllDevices && has('allowAllDevices') ? ['--device-cgroup-rule=a *:* rwm'] : []),
    ...(has('dev') ? ['-v', '/dev:/dev'] : []),
  ];
}
