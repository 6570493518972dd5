import { type Finding, ok } from '../../core/finding.ts';
import type { NetworkAddress } from '../../host/host.ts';
import { clockFinding } from '../shared/clock-finding.ts';
import type { MountedShare } from '../shared/network-share/share.ts';
import { examineServices, type ServicesParts } from './examine-services.ts';
import { askRpc } from './rpc-questions.ts';
import type { NfsVersion } from './version.ts';

interface Examined extends ServicesParts {
  readonly version: NfsVersion;
}

/** Which versions the server has, what NFS 3 needs of it beside port 2049, and its clock. */
export async function examineNfs(
  parts: Examined,
  server: NetworkAddress,
  mounted: MountedShare | undefined,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  return [
    ...(await versions(parts, server, mounted, signal)),
    ...(parts.version === '3' ? await examineServices(parts, signal) : []),
    ...(mounted?.clock === undefined ? [] : [clockFinding(server.host, mounted.clock)]),
  ];
}

/** A version that no server has is refused with those that this one has. */
async function versions(
  { network }: Examined,
  server: NetworkAddress,
  mounted: MountedShare | undefined,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const call = { id: 1, program: 100_003, version: 99, procedure: 0, args: new Uint8Array() };
  const reply = await askRpc(network, server, [call], signal).then(
    (replies) => replies.get(call.id),
    () => undefined,
  );
  if (reply?.kind !== 'other-versions') return [];
  const { low, high } = reply;
  const offered = low === high ? `NFS ${low}` : `NFS ${low} to ${high}`;
  const told = mounted?.entry.superOptions.filter((option) => /^(?:vers|sec)=/.test(option)) ?? [];
  const used = told.length === 0 ? '' : `; it is mounted with ${told.join(', ')}`;
  return [ok('versions', `${server.host} serves ${offered}${used}.`)];
}
