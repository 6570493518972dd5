import { writeFile } from 'node:fs/promises';
import { eventually } from '../eventually.ts';
import { output } from '../run.ts';
import { createService, tail } from '../service.ts';
import type { ControlHost } from './cluster.ts';
import type { KubernetesPrograms } from './programs.ts';

/** The service `kubernetes`. Without a kube-proxy, it is the API server itself, so its host must have this address. */
export const apiAddress = '10.96.0.1';

const etcd = 'http://127.0.0.1:2379';
const token = 'secret';

/**
 * etcd, the API server, the controllers and the scheduler, as processes of the host, which end with it. Its folder gets a kubeconfig with
 * all rights, whose text is returned.
 */
export async function startControlPlane(
  { folder, namespace, address }: ControlHost,
  programs: KubernetesPrograms,
): Promise<string> {
  const start = async (name: string, program: string, args: readonly string[]) => {
    const service = createService(namespace, `${folder}/${name}.log`);
    await service.start(program, args);
    return service;
  };
  const key = `${folder}/accounts.key`;
  await output('openssl', ['genrsa', '-out', key, '2048']);
  await writeFile(`${folder}/tokens`, `${token},admin,admin,system:masters\n`);
  const kubeconfig = `${folder}/kubeconfig`;
  const access = JSON.stringify(configurationOf(address));
  await writeFile(kubeconfig, access);
  await start('etcd', programs.etcd, [
    `--data-dir=${folder}/etcd`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
  ]);
  const apiServer = await start('apiserver', programs.apiServer, [
    `--etcd-servers=${etcd}`,
    '--service-cluster-ip-range=10.96.0.0/24',
    '--secure-port=443',
    `--advertise-address=${address}`,
    // The node's name is in no DNS.
    '--kubelet-preferred-address-types=InternalIP',
    `--cert-dir=${folder}/certificates`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    `--token-auth-file=${folder}/tokens`,
    '--authorization-mode=RBAC',
    '--allow-privileged=true',
  ]);
  const isReady = async () =>
    (await namespace.run(programs.kubectl, `--kubeconfig=${kubeconfig}`, 'get', '--raw=/readyz')).exitCode ===
    0;
  await eventually('the API server is ready', isReady, { evidence: () => tail('apiserver', apiServer, 30) });
  const client = `--kubeconfig=${kubeconfig}`;
  await start('controllers', programs.controllers, [
    client,
    '--leader-elect=false',
    `--service-account-private-key-file=${key}`,
    // It signed itself.
    `--root-ca-file=${folder}/certificates/apiserver.crt`,
  ]);
  await start('scheduler', programs.scheduler, [client, '--leader-elect=false']);
  return access;
}

function configurationOf(address: string): object {
  const server = { server: `https://${address}:443`, 'insecure-skip-tls-verify': true };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster: server }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'admin' } }],
    'current-context': 'lab',
  };
}
