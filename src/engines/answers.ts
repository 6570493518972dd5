import * as z from 'zod';
import { printable } from '../core/printable.ts';

/** Outside data: shortened to one readable line. */
const word = z.string().transform((text) => printable(text.slice(0, 300)));

/** `GET /volumes` of the Docker Engine API. The field must be there: text other than JSON arrives as an object without it. */
export const volumesAnswer = z
  .object({ Volumes: z.array(z.object({ Name: word, Driver: word })).nullable() })
  .transform(({ Volumes }) => (Volumes ?? []).map(({ Name, Driver }) => ({ name: Name, driver: Driver })));

const mount = z.object({ Name: word.optional(), Driver: word.optional(), Destination: word.optional() });
const containerMounts = z.array(mount).nullish();

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
export const containersAnswer = z
  .array(
    z.object({
      Id: word,
      Names: z.array(word).nullish(),
      State: word.optional(),
      Mounts: containerMounts,
      Labels: z.record(z.string(), z.string()).nullish(),
    }),
  )
  .transform((listed) =>
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
  );

/** `GET /containers/{id}/json`. */
export const containerAnswer = z
  .object({
    Name: word,
    State: z.object({ Error: word.optional(), Paused: z.boolean().optional() }).optional(),
    HostConfig: z.object({ RestartPolicy: z.object({ Name: word.optional() }).optional() }).optional(),
  })
  .transform(({ Name, State, HostConfig }) => ({
    name: withoutSlash(Name),
    error: State?.Error ?? '',
    isPaused: State?.Paused ?? false,
    restartPolicy: HostConfig?.RestartPolicy?.Name ?? '',
  }));

function withoutSlash(name: string): string {
  return name.replace(/^\//, '');
}

/** `POST /containers/{id}/pause`: it has no content. */
export const doneAnswer = z.unknown().transform(() => true as const);

/** `POST /containers/{id}/exec`. */
export const createdExecAnswer = z.object({ id: z.string().regex(/^[0-9a-f]+$/) }).transform(({ id }) => id);

/** `GET /exec/{id}/json`. */
export const execAnswer = z
  .object({ Running: z.boolean(), ExitCode: z.number().int().nullish() })
  .transform(({ Running, ExitCode }) => ({ exitCode: Running ? undefined : (ExitCode ?? undefined) }));

/** The last words of a command, on one line. */
export const outputAnswer = z.string().transform((text) => printable(text.trim().slice(-300)));

/** `GET /version`. */
export const versionAnswer = z.object({ Version: word }).transform(({ Version }) => Version);

/** `GET /info`. */
export const driversAnswer = z
  .object({ Plugins: z.object({ Volume: z.array(word).nullish() }) })
  .transform(({ Plugins }) => (Plugins.Volume ?? []).map((name) => name.replace(/:latest$/, '')));
