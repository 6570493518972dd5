import { type Finding, ok, warning } from '../../core/finding.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import { clockFinding } from '../shared/clock-finding.ts';
import type { MountedShare } from '../shared/network-share/share.ts';

/** Counted by the bricks' index of files that some replica lacks changes of (xlators/features/index). */
const pendingAttribute = 'glusterfs.xattrop_index_count';

/** What the FUSE client of this host knows: which bricks it is connected to, how much waits to be healed, and whose clock counts. */
export async function examineGlusterfs(
  volume: string,
  mounted: MountedShare | undefined,
): Promise<readonly Finding[]> {
  if (mounted === undefined) return [];
  try {
    const graph = await readGraph(mounted);
    return [
      ...connections(volume, graph),
      ...(await pending(volume, mounted)),
      ...clockOf(volume, graph, mounted),
    ];
  } catch (error) {
    const { message } = asVolumeError(error, 'Its client could not be asked');
    return [warning('client', message)];
  }
}

interface Graph {
  readonly translators: readonly string[];
  readonly clients: readonly { readonly brick: string; readonly isConnected: boolean }[];
}

/** A FUSE client shows its own state in a directory that is in no list (xlators/meta). Empty where it is switched off. */
async function readGraph({ entry, files }: MountedShare): Promise<Graph> {
  const active = await files.realPath(`${entry.mountpoint}/.meta/graphs/active`);
  const translators = active === undefined ? [] : ((await files.list(active)) ?? []);
  const read = async (name: string, file: string) =>
    ((await files.readText(`${active}/${name}/${file}`)) ?? '').trim();
  const clients = translators.filter((name) => /-client-\d+$/.test(name)).sort();
  return {
    translators,
    clients: await Promise.all(
      clients.map(async (name) => ({
        brick: `${await read(name, 'options/remote-host')}:${await read(name, 'options/remote-subvolume')}`,
        isConnected: /^connected = 1$/m.test(await read(name, 'private')),
      })),
    ),
  };
}

function connections(volume: string, { clients }: Graph): readonly Finding[] {
  if (clients.length === 0) return [];
  const missing = clients.filter(({ isConnected }) => !isConnected).map(({ brick }) => brick);
  if (missing.length === 0)
    return [ok('bricks', `The client of this host is connected to all ${clients.length} bricks.`)];
  const evidence = `The client of this host is connected to ${clients.length - missing.length} of ${clients.length} bricks; not to ${missing.join(', ')}.`;
  const mend = `On a server: \`gluster volume status ${volume}\` shows its port (let it through the firewall), and \`gluster volume start ${volume} force\` starts it.`;
  return [warning('bricks', evidence, mend)];
}

/** Undefined for volumes without replicas, which have no index. */
async function pending(volume: string, { entry, files }: MountedShare): Promise<readonly Finding[]> {
  // With a NUL at its end.
  const [digits] = /^\d+/.exec((await files.attribute(entry.mountpoint, pendingAttribute)) ?? '') ?? [];
  if (digits === undefined) return [];
  const count = Number(digits);
  if (count === 0) return [ok('heal', 'Nothing waits to be healed.')];
  const evidence = `${count} ${count === 1 ? 'file or directory waits' : 'files and directories wait'} to be healed: a replica lacks changes.`;
  return [
    warning('heal', evidence, `Start all bricks; then on a server: \`gluster volume heal ${volume}\`.`),
  ];
}

/** With the translator `utime`, which is usual, clients set the times: then nobody sees the servers' clocks. */
function clockOf(volume: string, { translators }: Graph, { clock }: MountedShare): readonly Finding[] {
  if (clock === undefined || translators.length === 0 || translators.includes(`${volume}-utime`)) return [];
  return [clockFinding(`the bricks of ${volume}`, clock)];
}
