import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';

/** A persistent volume's ID on its agent, and its path in the sandboxes of its tasks. */
export interface Persistence {
  readonly id: string;
  readonly containerPath: string;
}

/** NAME_MAX: bytes. */
const longest = 255;
/** Path separators of Linux and Windows agents. */
const separators = /[/\\]/;

/**
 * Throws `invalid` for an ID that a master refuses, and for a container path that the master accepts but every isolator ignores
 * (docs/design/mesos-rules.md#persistent-volumes): the task would write into its sandbox, which is deleted after the task
 * ends.
 */
export function parsePersistence({ id, containerPath }: Persistence): Persistence {
  const idFault = faultOf(id);
  if (idFault !== undefined)
    throw new VolumeError(
      'invalid',
      `The ID ${quote(id)} of a persistent volume ${idFault}: ${wayOut('id', id)}.`,
    );
  const pathFault = faultOf(containerPath);
  if (pathFault === undefined) return { id, containerPath };
  throw new VolumeError(
    'invalid',
    `The container path ${quote(containerPath)} ${pathFault}, so an agent would ignore the volume and the task would write into its sandbox, which is deleted: ${wayOut('container-path', containerPath)}. The task finds the volume in its sandbox ($MESOS_SANDBOX); use a link or the task's configuration to point there.`,
  );
}

function faultOf(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name === '.' || name === '..') return 'names an existing directory';
  if (separators.test(name)) return 'contains a slash';
  if (/\p{Cc}/u.test(name)) return 'contains a control character';
  return Buffer.byteLength(name) > longest ? `is longer than ${longest} bytes` : undefined;
}

/** Suggests, for example, `--container-path mysql` for `/var/lib/mysql`. */
function wayOut(flag: string, given: string): string {
  const last = given.split(separators).findLast((part) => faultOf(part) === undefined);
  return last === undefined
    ? `use a plain name with --${flag}`
    : `use a plain name, such as --${flag} ${quote(last)}`;
}
