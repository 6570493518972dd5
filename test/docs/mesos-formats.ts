import { z } from 'zod';
import type { Options } from '../../src/core/volume.ts';

/** The message Volume of mesos.proto for volumes of drivers: the format of `mesos-execute --volumes`. */
export const mesosVolumes = z.array(
  z.strictObject({
    container_path: z.string(),
    mode: z.enum(['RW', 'RO']),
    source: z.strictObject({
      type: z.literal('DOCKER_VOLUME'),
      docker_volume: z.strictObject({
        driver: z.string(),
        name: z.string(),
        driver_options: z.strictObject({
          parameter: z.array(z.strictObject({ key: z.string(), value: z.string() })),
        }),
      }),
    }),
  }),
);

/** What Marathon's validation (DVDIProvider.scala) accepts, for both containerizers. */
const volumeOf = <M extends z.ZodType, E extends z.ZodRawShape>(mode: M, external: E) =>
  z.strictObject({
    containerPath: z.string(),
    mode,
    external: z.strictObject({ provider: z.literal('dvdi'), name: z.string(), ...external }),
  });
const mesosContainer = z.strictObject({
  type: z.literal('MESOS'),
  docker: z.strictObject({ image: z.string() }).optional(),
  volumes: z.array(
    volumeOf(z.literal('RW'), {
      size: z.int().optional(),
      options: z.record(z.string().startsWith('dvdi/'), z.string()),
    }),
  ),
});
const dockerContainer = z.strictObject({
  type: z.literal('DOCKER'),
  docker: z.strictObject({
    image: z.string(),
    parameters: z.array(z.strictObject({ key: z.literal('mount'), value: z.string() })).default([]),
  }),
  volumes: z
    .array(
      volumeOf(z.enum(['RW', 'RO']), {
        size: z.never().optional(),
        options: z.strictObject({ 'dvdi/driver': z.string() }),
      }),
    )
    .default([]),
});
export const application = z.strictObject({
  id: z.string().startsWith('/'),
  instances: z.literal(1),
  cpus: z.number(),
  mem: z.number(),
  cmd: z.string().optional(),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  taskKillGracePeriodSeconds: z.int().optional(),
  container: z.discriminatedUnion('type', [mesosContainer, dockerContainer]),
  upgradeStrategy: z.strictObject({
    minimumHealthCapacity: z.number().max(0.5),
    maximumOverCapacity: z.literal(0),
  }),
  unreachableStrategy: z
    .strictObject({ inactiveAfterSeconds: z.int(), expungeAfterSeconds: z.int() })
    .optional(),
});

/** TaskInfo of mesos.proto, the format of `mesos-execute --task`, as far as the examples use it. */
export const mesosTask = z.strictObject({
  name: z.string(),
  task_id: z.strictObject({ value: z.string() }),
  agent_id: z.strictObject({ value: z.literal('') }),
  resources: z.array(
    z.strictObject({
      name: z.enum(['cpus', 'mem']),
      type: z.literal('SCALAR'),
      scalar: z.strictObject({ value: z.number() }),
    }),
  ),
  command: z.strictObject({
    shell: z.boolean(),
    value: z.string().optional(),
    arguments: z.array(z.string()).optional(),
    environment: z
      .strictObject({ variables: z.array(z.strictObject({ name: z.string(), value: z.string() })) })
      .optional(),
  }),
  container: z.strictObject({
    type: z.literal('MESOS'),
    mesos: z.strictObject({
      image: z.strictObject({ type: z.literal('DOCKER'), docker: z.strictObject({ name: z.string() }) }),
    }),
    volumes: mesosVolumes,
  }),
  kill_policy: z.strictObject({ grace_period: z.strictObject({ nanoseconds: z.int() }) }).optional(),
});

export function optionsOfTask({
  driver_options,
}: z.infer<typeof mesosVolumes>[number]['source']['docker_volume']): Options {
  return Object.fromEntries(driver_options.parameter.map(({ key, value }) => [key, value]));
}

interface External {
  readonly name: string;
  readonly size?: number | undefined;
  readonly options: Readonly<Record<string, string>>;
}

/** The options as Marathon passes them: `dvdi/NAME` without the prefix, and the size as an option. */
export function optionsOfMarathon({ name, size, options: given }: External) {
  const { 'dvdi/driver': driver = '', ...others } = given;
  const named = Object.entries(others).map(([key, value]) => [key.replace(/^dvdi\//, ''), `${value}`]);
  const sized = size === undefined ? [] : [['size', `${size}`]];
  return { driver, name, options: Object.fromEntries([...named, ...sized]) };
}
