import { writeFile } from 'node:fs/promises';
import { eventually } from '../eventually.ts';
import type { Namespace } from '../namespace.ts';
import { createService, type Service, tail } from '../service.ts';

/** Debian's docker-registry on a simulated host. */
export async function startRegistry(folder: string, namespace: Namespace, address: string): Promise<Service> {
  const service = createService(namespace, `${folder}/registry.log`);
  const storage = { filesystem: { rootdirectory: `${folder}/registry` } };
  // JSON is YAML, too.
  await writeFile(
    `${folder}/registry.yml`,
    JSON.stringify({ version: 0.1, storage, http: { addr: address } }),
  );
  await service.start('docker-registry', ['serve', `${folder}/registry.yml`]);
  const [host, port] = address.split(':');
  const answers = async () => (await namespace.run('bash', '-c', `</dev/tcp/${host}/${port}`)).exitCode === 0;
  await eventually('the registry answers', answers, { evidence: () => tail('registry', service, 10) });
  return service;
}
