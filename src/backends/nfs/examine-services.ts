import { wordsOf } from '../../core/error-words.ts';
import { type Finding, failure, ok } from '../../core/finding.ts';
import type { Network, NetworkAddress } from '../../host/host.ts';
import { type RpcReply, words } from '../shared/network-share/onc-rpc.ts';
import { errnoOf } from '../shared/storage-errors.ts';
import type { ExportAddress } from './export-address.ts';
import { readExports } from './exports.ts';
import { askRpc } from './rpc-questions.ts';

export interface ServicesParts {
  readonly network: Network;
  readonly address: ExportAddress;
  readonly mountOptions: readonly string[];
}

/** A service beside NFS itself, which NFS 3 needs. */
interface Service {
  readonly name: string;
  readonly program: number;
  readonly version: number;
  /** What starts it on the server, where systemd does. */
  readonly unit: string;
}

const rpcbind = { name: 'rpcbind', program: 100_000, version: 2, unit: 'rpcbind' } as const;
const rpcbindPort = 111;
const mountd = { name: 'mountd', program: 100_005, version: 3, unit: 'nfs-mountd' } as const;
/** The programs of locks, which `nolock` keeps on this host. */
const lockServices: readonly Service[] = [
  { name: 'nlockmgr', program: 100_021, version: 4, unit: 'nfs-server' },
  { name: 'statd', program: 100_024, version: 1, unit: 'rpc-statd' },
];

/** NFS 3 finds its services by rpcbind, and each may be closed to this host by itself. */
export async function examineServices(
  { network, address, mountOptions }: ServicesParts,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { server: host } = address;
  const services = [mountd, ...(mountOptions.includes('nolock') ? [] : lockServices)];
  const calls = services.map(({ program, version }, id) => ({
    id,
    program: rpcbind.program,
    version: rpcbind.version,
    // GETPORT of RFC 1833, for TCP.
    procedure: 3,
    args: words(program, version, 6, 0),
  }));
  const bound = { host, port: rpcbindPort };
  try {
    const replies = await askRpc(network, bound, calls, signal);
    const places = services.map((service, id) => ({ service, at: { host, port: portIn(replies.get(id)) } }));
    const found = await Promise.all(
      places.map(({ service, at }) => examineService(network, service, at, signal)),
    );
    const [{ at: mounting } = { at: bound }] = places;
    const exports = await exported(network, address, mounting, signal);
    return [ok('rpcbind', `rpcbind of ${host} answers.`), ...found, ...exports];
  } catch (error) {
    return [silent(rpcbind, bound, error)];
  }
}

/** 0: the service is not registered. */
function portIn(reply: RpcReply | undefined): number {
  return reply?.kind === 'results' && reply.results.length >= 4 ? reply.results.readUInt32BE(0) : 0;
}

async function examineService(
  network: Network,
  service: Service,
  at: NetworkAddress,
  signal: AbortSignal,
): Promise<Finding> {
  const { name, program, version, unit } = service;
  if (at.port === 0) {
    const evidence = `rpcbind of ${at.host} knows no ${name}, which NFS 3 needs.`;
    return failure(name, evidence, `On the server: \`systemctl restart ${unit}\`.`);
  }
  try {
    await askRpc(network, at, [{ id: 1, program, version, procedure: 0, args: new Uint8Array() }], signal);
    return ok(name, `${name} of ${at.host} answers at port ${at.port}.`);
  } catch (error) {
    return silent(service, at, error);
  }
}

/** By mountd's list. One that this host may not mount is also listed. */
async function exported(
  network: Network,
  { path }: ExportAddress,
  at: NetworkAddress,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const call = {
    id: 1,
    program: mountd.program,
    version: mountd.version,
    procedure: 5,
    args: new Uint8Array(),
  };
  const replies = await askRpc(network, at, [call], signal, 'exports').catch(() => undefined);
  const reply = replies?.get(call.id);
  const exports = reply?.kind === 'results' ? readExports(reply.results) : undefined;
  if (exports === undefined) return [];
  const isListed = exports.some((one) => one === '/' || path === one || path.startsWith(`${one}/`));
  if (isListed) return [ok('export', `${at.host} exports ${path}.`)];
  const evidence = `${at.host} exports ${exports.slice(0, 10).join(', ') || 'nothing'}, and not ${path}.`;
  return [
    failure('export', evidence, `On the server: put ${path} into /etc/exports, then \`exportfs -ra\`.`),
  ];
}

function silent({ name, unit }: Service, { host, port }: NetworkAddress, error: unknown): Finding {
  const isRefused = errnoOf(error) === 'ECONNREFUSED';
  const seen = isRefused
    ? 'refuses the connection'
    : errnoOf(error) === 'ETIMEDOUT'
      ? 'does not answer'
      : `cannot be reached (${wordsOf(error)})`;
  const mend = isRefused
    ? `On the server: \`systemctl start ${unit}\`.`
    : `Let TCP port ${port} through the firewall of the server, or restart its ${name}: \`systemctl restart ${unit}\`.`;
  return failure(name, `${name} of ${host} ${seen} at port ${port}; NFS 3 needs it.`, mend);
}
