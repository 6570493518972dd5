import { dirname } from 'node:path';
import { type Finding, failure, ok, warning } from '../../../../core/finding.ts';
import { createShareLayout } from '../layout.ts';
import type { OpenShare } from '../open-share.ts';
import type { Answer, MountedShare } from '../share.ts';
import { type Probed, probeShare } from './probe.ts';

/** Works, and could be better. */
const limping: readonly Answer['state'][] = ['slow', 'degraded'];
/** The default user to whom a server maps root (exports(5)). */
const nobody = 65_534;

/** What the server says, and then, where it answers, what is found on the share. */
export async function diagnoseShare(
  open: OpenShare,
  records: () => Promise<readonly Finding[]>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { share } = open;
  const { state, detail } = await open.ask();
  // What was seen, and behind a colon what to do.
  const [seen = '', ...wayOut] = detail.split(': ');
  const evidence = `${share.source} (${state}): ${seen}.`;
  const mend = wayOut.length === 0 ? undefined : `${wayOut.join(': ')}.`;
  if (state !== 'ok' && !limping.includes(state)) return [failure(`server ${share.server}`, evidence, mend)];
  const server =
    state === 'ok'
      ? ok(`server ${share.server}`, evidence)
      : warning(`server ${share.server}`, evidence, mend);
  const found = await records();
  const isReadable = found.every(({ level }) => level !== 'failure');
  const isMounted = open.base.identity() !== undefined;
  const layout = createShareLayout(open.base.path);
  const probed = isMounted ? await probeShare(open.files, layout, open.host) : undefined;
  const more = await share.examine(await mountedShare(open, probed), signal);
  return [server, ...more, ...found, ...(isReadable ? await squashed(open, probed) : [])];
}

async function mountedShare(
  { base, host, share }: OpenShare,
  probed: Probed | undefined,
): Promise<MountedShare | undefined> {
  if (base.identity() === undefined) return undefined;
  const mounts = await host.mounts.below(dirname(base.path));
  const entry = mounts.find(({ mountpoint }) => mountpoint === base.path);
  if (entry === undefined) return undefined;
  return {
    entry,
    files: host.remote(share.server).files,
    ...(probed === undefined ? {} : { clock: probed.clock }),
  };
}

/** What this host made as root belongs to somebody else there: it may give no file away. */
async function squashed(
  { base, files, share }: OpenShare,
  probed: Probed | undefined,
): Promise<readonly Finding[]> {
  const { own } = createShareLayout(base.path);
  const owner = probed?.owner ?? (await files.facts(own).catch(() => undefined))?.uid;
  if (owner !== nobody) return [];
  const evidence = `${share.source} takes root of this host for the user ${nobody}: a volume with another owner cannot be made.`;
  return [warning('root', evidence, `On the server: ${share.wordsFor.squash}.`)];
}
