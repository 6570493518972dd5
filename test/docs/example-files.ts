import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Options } from '../../src/core/volume.ts';
import { blockAt, parseHcl } from './hcl.ts';
import { application, mesosTask, optionsOfMarathon, optionsOfTask } from './mesos-formats.ts';
import { project } from './pages.ts';

/** What a file of examples/ says, whatever its format. */
export interface Example {
  readonly image: string;
  /** What is run in the image; empty for the image's own. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds that it has to stop. */
  readonly patience: number | undefined;
  readonly mountPath: string;
  readonly volume: string;
  readonly driver: string;
  readonly options: Options;
}

const text = (workload: string, file: string) =>
  readFileSync(join(project, 'examples', workload, file), 'utf8');

/** Each format's file, and how it is read. Throws for what the format does not have. */
export const formats: Readonly<Record<string, (workload: string) => Example>> = {
  'compose.yaml': (workload) => readCompose(workload, compose.parse(parse(text(workload, 'compose.yaml')))),
  'stack.yaml': (workload) => readCompose(workload, stack.parse(parse(text(workload, 'stack.yaml')))),
  'job.nomad.hcl': readNomad,
  'marathon.json': readMarathon,
  'mesos-task.json': readMesos,
};

const plainService = {
  image: z.string(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  stop_grace_period: z.string().optional(),
  volumes: z.array(z.string()).length(1),
};
const volumes = z.strictObject({
  data: z.strictObject({
    name: z.string(),
    driver: z.string(),
    // A number would be read as another one: 0750 as 488.
    driver_opts: z.record(z.string(), z.string()),
  }),
});
const compose = z.strictObject({
  services: z.record(z.string(), z.strictObject({ ...plainService, restart: z.literal('unless-stopped') })),
  volumes,
});
/** Two tasks at once would wait for each other's disk. */
const deploy = z.strictObject({
  replicas: z.literal(1),
  update_config: z.strictObject({ order: z.literal('stop-first') }),
});
const stack = z.strictObject({
  version: z.literal('3.8'),
  services: z.record(z.string(), z.strictObject({ ...plainService, deploy })),
  volumes,
});

type Composed = Pick<z.infer<typeof compose>, 'volumes'> & {
  readonly services: Readonly<Record<string, z.infer<z.ZodObject<typeof plainService>>>>;
};

function readCompose(workload: string, file: Composed): Example {
  const service = file.services[workload];
  if (service === undefined) throw new Error(`It has no service ${workload}.`);
  const [, mountPath = ''] = /^data:(.*)$/.exec(service.volumes[0] ?? '') ?? [];
  const { name, driver, driver_opts: options } = file.volumes.data;
  return {
    image: service.image,
    words: service.command,
    environment: service.environment,
    patience: seconds(service.stop_grace_period),
    mountPath,
    volume: name,
    driver,
    options,
  };
}

const nomadConfig = z.strictObject({
  image: z.string(),
  command: z.string().optional(),
  args: z.array(z.string()).default([]),
});
const nomadMount = z.strictObject({ type: z.literal('volume'), source: z.string(), target: z.string() });
const texts = z.record(z.string(), z.string());

function readNomad(workload: string): Example {
  const job = blockAt(parseHcl(text(workload, 'job.nomad.hcl')), `job "${workload}"`, `group "${workload}"`);
  z.strictObject({ count: z.literal(1) }).parse(job.attributes);
  const task = blockAt(job, `task "${workload}"`);
  const timing = z.strictObject({ driver: z.literal('docker'), kill_timeout: z.string().optional() });
  const { image, command, args } = nomadConfig.parse(blockAt(task, 'config').attributes);
  const mount = blockAt(task, 'config', 'mount');
  const { source, target } = nomadMount.parse(mount.attributes);
  const driver = blockAt(mount, 'volume_options', 'driver_config');
  return {
    image,
    words: command === undefined ? args : [command, ...args],
    environment: texts.parse(task.blocks.find(({ title }) => title === 'env')?.attributes ?? {}),
    patience: seconds(timing.parse(task.attributes).kill_timeout),
    mountPath: target,
    volume: source,
    driver: z.strictObject({ name: z.string() }).parse(driver.attributes).name,
    options: texts.parse(blockAt(driver, 'options').attributes),
  };
}

function readMarathon(workload: string): Example {
  const read = application.parse(JSON.parse(text(workload, 'marathon.json')));
  const [volume, ...others] = read.container.volumes;
  if (volume === undefined || others.length > 0) throw new Error('It has not one volume.');
  const { driver, name, options } = optionsOfMarathon(volume.external);
  return {
    image: read.container.docker?.image ?? '',
    words: inShell(read.cmd) ?? read.args ?? [],
    environment: read.env ?? {},
    patience: read.taskKillGracePeriodSeconds,
    mountPath: volume.containerPath,
    volume: name,
    driver,
    options,
  };
}

function readMesos(workload: string): Example {
  const { command, container, kill_policy } = mesosTask.parse(JSON.parse(text(workload, 'mesos-task.json')));
  const [volume, ...others] = container.volumes;
  if (volume === undefined || others.length > 0) throw new Error('It has not one volume.');
  const { driver, name } = volume.source.docker_volume;
  const variables = command.environment?.variables ?? [];
  return {
    image: container.mesos.image.docker.name,
    words: (command.shell ? inShell(command.value) : command.arguments) ?? [],
    environment: Object.fromEntries(variables.map((variable) => [variable.name, variable.value])),
    patience: kill_policy === undefined ? undefined : kill_policy.grace_period.nanoseconds / 1e9,
    mountPath: volume.container_path,
    volume: name,
    driver,
    options: optionsOfTask(volume.source.docker_volume),
  };
}

function inShell(script: string | undefined): readonly string[] | undefined {
  return script === undefined ? undefined : ['sh', '-c', script];
}

function seconds(written: string | undefined): number | undefined {
  if (written === undefined) return undefined;
  const [, number] = /^(\d+)s$/.exec(written) ?? [];
  return Number(number);
}
