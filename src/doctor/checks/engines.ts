import { type Finding, failure, ok, warning } from '../../core/finding.ts';
import type { Engine } from '../../engines/usual-engines.ts';
import { type Check, driverNames, type Patient } from '../check.ts';

/** Milliseconds: an engine asks its drivers, and waits 15 s for a socket on which nobody listens. */
const listPatience = 20_000;
const patience = 2_000;

/** Each engine answers, and has our drivers in its list after a real List of volumes. */
export const enginesCheck: Check = {
  name: 'engines',
  async run(patient) {
    const { engines } = patient;
    if (engines.length === 0)
      return [
        warning(
          'engines',
          'No engine seems to run here: no dockerd runs with /run/docker.pid, and /run/podman/podman.sock does not exist.',
        ),
      ];
    return (await Promise.all(engines.map((engine) => look(patient, engine)))).flat();
  },
};

async function look({ ask, configuration, daemon }: Patient, engine: Engine): Promise<readonly Finding[]> {
  const { name, command, socket } = engine;
  const version = await ask('version', socket, {}, patience).catch(() => undefined);
  if (version === undefined) {
    const evidence = `${name} has not answered on ${socket} within ${patience / 1000} s.`;
    return [failure(name, evidence, `systemctl status ${command}`)];
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

function unseen({ name }: Engine, driver: string, socketDir: string): Finding {
  const evidence = `${name} does not have the driver ${driver}.`;
  if (name === 'Podman') {
    const line = `${driver} = "${socketDir}/${driver}.sock"`;
    return warning(
      name,
      evidence,
      `Write \`${line}\` below \`[engine.volume_plugins]\` in /etc/containers/containers.conf.`,
    );
  }
  return failure(
    name,
    evidence,
    `Docker looks in /run/docker/plugins, /etc/docker/plugins and /usr/lib/docker/plugins: set \`socketDir\` (${socketDir}) to the first of them.`,
  );
}
