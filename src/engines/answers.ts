import * as z from 'zod/mini';
import { printable } from '../core/printable.ts';

/** Outside data: shortened to one readable line. */
const word = z.pipe(
  z.string(),
  z.transform((text) => printable(text.slice(0, 300))),
);

/** `GET /volumes` of the Docker Engine API. The field must be there: text other than JSON arrives as an object without it. */
export const volumesAnswer = z.pipe(
  z.object({ Volumes: z.nullable(z.array(z.object({ Name: word, Driver: word }))) }),
  z.transform(({ Volumes }) => (Volumes ?? []).map(({ Name, Driver }) => ({ name: Name, driver: Driver }))),
);

const mount = z.object({ Name: z.optional(word), Driver: z.optional(word), Destination: z.optional(word) });
const containerMounts = z.nullish(z.array(mount));

/** A container as an engine lists it. */
export interface EngineContainer {
  readonly id: string;
  readonly name: string;
  /** In the engine's terms: `running`, `created`, `exited` … */
  readonly state: string;
  readonly volumes: readonly ContainerVolume[];
  /** Those of offen/docker-volume-backup. */
  readonly labels: Readonly<Record<string, string>>;
}

interface ContainerVolume {
  readonly name: string;
  readonly driver: string;
  /** The path in the container. */
  readonly destination: string;
}

/** `GET /containers/json`. */
export const containersAnswer = z.pipe(
  z.array(
    z.object({
      Id: word,
      Names: z.nullish(z.array(word)),
      State: z.optional(word),
      Mounts: containerMounts,
      Labels: z.nullish(z.record(z.string(), z.string())),
    }),
  ),
  z.transform((listed) =>
    listed.map(
      ({ Id, Names, State, Mounts, Labels }): EngineContainer => ({
        id: Id,
        name: withoutSlash(Names?.[0] ?? ''),
        state: State ?? 'unknown',
        volumes: (Mounts ?? []).flatMap(({ Name, Driver, Destination }) =>
          Name === undefined || Driver === undefined
            ? []
            : [{ name: Name, driver: Driver, destination: Destination ?? '' }],
        ),
        // A command is not shortened: half of one is another one.
        labels: Object.fromEntries(
          Object.entries(Labels ?? {}).filter(([key]) => key.startsWith('docker-volume-backup.')),
        ),
      }),
    ),
  ),
);

/** `GET /containers/{id}/json`. */
export const containerAnswer = z.pipe(
  z.object({
    Name: word,
    State: z.optional(z.object({ Error: z.optional(word), Paused: z.optional(z.boolean()) })),
    HostConfig: z.optional(z.object({ RestartPolicy: z.optional(z.object({ Name: z.optional(word) })) })),
  }),
  z.transform(({ Name, State, HostConfig }) => ({
    name: withoutSlash(Name),
    error: State?.Error ?? '',
    isPaused: State?.Paused ?? false,
    restartPolicy: HostConfig?.RestartPolicy?.Name ?? '',
  })),
);

function withoutSlash(name: string): string {
  return name.replace(/^\//, '');
}

/** `POST /containers/{id}/pause`: it has no content. */
export const doneAnswer = z.pipe(
  z.unknown(),
  z.transform(() => true as const),
);

/** `POST /containers/{id}/exec`. */
export const createdExecAnswer = z.pipe(
  z.object({ id: z.string().check(z.regex(/^[0-9a-f]+$/)) }),
  z.transform(({ id }) => id),
);

/** `GET /exec/{id}/json`. */
export const execAnswer = z.pipe(
  z.object({ Running: z.boolean(), ExitCode: z.nullish(z.int()) }),
  z.transform(({ Running, ExitCode }) => ({ exitCode: Running ? undefined : (ExitCode ?? undefined) })),
);

/** The last words of a command, on one line. */
export const outputAnswer = z.pipe(
  z.string(),
  z.transform((text) => printable(text.trim().slice(-300))),
);

/** `GET /version`. */
export const versionAnswer = z.pipe(
  z.object({ Version: word }),
  z.transform(({ Version }) => Version),
);

/** `GET /info`. */
export const driversAnswer = z.pipe(
  z.object({ Plugins: z.object({ Volume: z.nullish(z.array(word)) }) }),
  z.transform(({ Plugins }) => (Plugins.Volume ?? []).map((name) => name.replace(/:latest$/, ''))),
);
