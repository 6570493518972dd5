import { type Finding, failure, ok, warning } from '../../core/finding.ts';
import type { Engine } from '../../engines/usual-engines.ts';
import { type Check, driverNames, type Patient } from '../check.ts';
import { shellWord } from '../lines.ts';
import { podmanLine } from './podman.ts';

/** Milliseconds: an engine asks its drivers, and waits 15 s for a socket on which nobody listens. */
const listPatience = 20_000;
const patience = 2_000;
const dockerUnits = ['/etc/systemd/system/docker.service', '/usr/lib/systemd/system/docker.service'];

/** Each engine answers, and has our drivers in its list after a real List of volumes. */
export const enginesCheck: Check = {
  name: 'engines',
  async run(patient) {
    const { engines } = patient;
    if (engines.length === 0) return [await noEngine(patient)];
    return (await Promise.all(engines.map((engine) => look(patient, engine)))).flat();
  },
};

async function noEngine({ system }: Patient): Promise<Finding> {
  const evidence =
    'No engine of root seems to run here: no dockerd or podman listens on a Unix socket, and /run/podman/podman.sock does not exist.';
  const each = await Promise.all(dockerUnits.map((unit) => system.facts(unit)));
  const isInstalled = each.some((facts) => facts !== undefined);
  return warning('engines', evidence, isInstalled ? 'systemctl start docker.service' : undefined);
}

async function look({ ask, configuration, daemon }: Patient, engine: Engine): Promise<readonly Finding[]> {
  const { name, command, socket, isUsual } = engine;
  const version = await ask('version', socket, {}, patience).catch(() => undefined);
  if (version === undefined) {
    const evidence = `${name} has not answered on ${socket} within ${patience / 1000} s. A restart of it also restarts its containers, unless it has live-restore.`;
    return [failure(name, evidence, isUsual ? `systemctl restart ${command}.service` : undefined)];
  }
  const answers = ok(name, `Version ${version} answers on ${socket}.`);
  if (!daemon.isUp) return [answers];
  const listed = await ask('volumes', socket, {}, listPatience).catch(() => undefined);
  if (listed === undefined) {
    const evidence = `${name} has not listed its volumes within ${listPatience / 1000} s: one of its drivers does not answer.`;
    return [answers, failure(name, evidence, `${command} volume ls`)];
  }
  const drivers = (await ask('drivers', socket, {}, patience)) ?? [];
  const missing = driverNames(configuration).filter((driver) => !drivers.includes(driver));
  if (missing.length === 0)
    return [answers, ok(name, `It has the drivers ${driverNames(configuration).join(', ')}.`)];
  return [answers, ...missing.map((driver) => unseen(engine, driver, configuration.socketDir))];
}

function unseen({ name, kind }: Engine, driver: string, socketDir: string): Finding {
  const socket = `${socketDir}/${driver}.sock`;
  if (kind === 'Podman') {
    const line = podmanLine(`holdfast-${driver}`, 'engine.volume_plugins', `${driver} = "${socket}"`);
    return warning(name, `${name} does not have the driver ${driver}.`, line);
  }
  if (socketDir === '/run/docker/plugins')
    return failure(
      name,
      `${name} does not have the driver ${driver}, although its socket is in ${socketDir}: does it run with another /run, as in a container?`,
    );
  const evidence = `${name} does not have the driver ${driver}: it looks for sockets in /run/docker/plugins, and in /etc/docker/plugins for files that name a socket elsewhere.`;
  const folder = '/etc/docker/plugins';
  const line = `mkdir -p ${folder} && echo ${shellWord(`unix://${socket}`)} > ${folder}/${driver}.spec`;
  return failure(name, evidence, line);
}
