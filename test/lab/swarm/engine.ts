import { builtDaemon } from '../built-daemon.ts';
import type { EngineParts } from '../engine.ts';
import { goProgram } from '../go-program.ts';

/** An engine with cluster volumes: Debian's has none. */
export const clusterEngine = goProgram('github.com/moby/moby/v2/cmd/dockerd', 'v2.0.0-beta.24');
/** Its containers are of a version of the OCI specification that Debian's runc and crun do not know. */
const runc = goProgram('github.com/opencontainers/runc', 'v1.5.3', { cgo: true });
const client = goProgram('github.com/docker/cli/cmd/docker', 'v28.5.2+incompatible', {
  module: 'github.com/docker/cli',
  vendored: true,
});

/** Debian's containerd serves it. This runc has no seccomp, whose library it would need. */
export async function clusterEngineParts(): Promise<EngineParts> {
  // It may install node_modules again, where the programs are kept.
  await builtDaemon();
  const dockerd = await clusterEngine.built();
  const docker = await client.built();
  const runtimes = { newer: { path: await runc.built() } };
  return {
    dockerd,
    docker,
    settings: { 'default-runtime': 'newer', runtimes, 'seccomp-profile': 'unconfined' },
  };
}
