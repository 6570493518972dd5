import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { eventually } from './eventually.ts';
import type { Namespace } from './namespace.ts';
import { environment, type Finished, run, succeeded } from './run.ts';
import { createService, type Service, tail } from './service.ts';

/** A real dockerd of a simulated host, and the docker command that talks to it. */
export interface Engine {
  readonly service: Service;
  /** Returns once it answers. `settings` are those of daemon.json, such as live-restore. */
  start(settings?: Readonly<Record<string, unknown>>): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** The trimmed output of the docker command; throws with its error. */
  docker(...args: readonly string[]): Promise<string>;
  tryDocker(...args: readonly string[]): Promise<Finished>;
}

export interface HostEngine extends Engine {
  /** Variables with which `docker` is the command that talks to it. */
  readonly client: Readonly<Record<'PATH' | 'DOCKER_HOST' | 'DOCKER_CONFIG' | 'DOCKER_CONTEXT', string>>;
}

/** Another engine than the machine's own. */
export interface EngineParts {
  /** Paths of its programs. */
  readonly dockerd: string;
  readonly docker: string;
  /** Settings of daemon.json that it always has. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Engines of one host have different names, and use the same plugin sockets. */
export function createEngine(
  namespace: Namespace,
  folder: string,
  name: string,
  parts?: EngineParts,
): HostEngine {
  const service = createService(namespace, `${folder}/${name}.log`);
  const socket = `unix://${folder}/${name}.sock`;
  const { PATH = '' } = environment();
  const client = {
    PATH: parts ? `${dirname(parts.docker)}:${PATH}` : PATH,
    DOCKER_HOST: socket,
    DOCKER_CONFIG: `${folder}/client`,
    DOCKER_CONTEXT: '',
  };
  const tryDocker = (...args: readonly string[]) => run('docker', args, { env: client });
  return {
    service,
    client,
    start: async (settings = {}) => {
      await writeFile(`${folder}/${name}.json`, JSON.stringify({ ...parts?.settings, ...settings }));
      await service.start(parts?.dockerd ?? 'dockerd', flags(folder, name, socket));
      const evidence = () => tail(name, service, 40);
      await eventually(`${name} answers`, () => answers(service, tryDocker), { evidence });
    },
    stop: async () => void (await service.stop()),
    kill: () => killWithContainerd(service, namespace.path(`/run/${name}/containerd/containerd.pid`)),
    docker: async (...args) => succeeded(`docker ${args.join(' ')}`, await tryDocker(...args)),
    tryDocker,
  };
}

/** Also kills containerd: a new dockerd would take even a zombie for a running containerd, and wait for it. */
async function killWithContainerd(service: Service, pidFile: string): Promise<void> {
  const containerd = (await readFile(pidFile, 'utf8')).trim();
  await service.kill();
  await eventually('containerd is gone', async () => !existsSync(`/proc/${containerd}`));
}

async function answers(service: Service, tryDocker: Engine['tryDocker']): Promise<boolean> {
  if (!service.running()) throw new Error('It ended.');
  const version = await tryDocker('version', '--format', '{{.Server.Version}}');
  return version.exitCode === 0;
}

/** All files are below the host's folder or in the host's own /run; no network is set up. */
function flags(folder: string, name: string, socket: string): readonly string[] {
  return [
    ...['--config-file', `${folder}/${name}.json`, '--data-root', `${folder}/${name}`],
    ...['--exec-root', `/run/${name}`, '--pidfile', `/run/${name}.pid`, '--host', socket],
    ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=overlay2'],
  ];
}
