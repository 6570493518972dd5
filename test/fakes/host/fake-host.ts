import type { Host } from '../../../src/host/host.ts';
import { interceptHost } from '../intercepted-host.ts';
import { injectFaults } from './faults.ts';
import { fakeFiles } from './files.ts';
import { fakeMounts } from './mounts.ts';
import { fakeNetwork } from './network.ts';
import { hangs } from './paths.ts';
import { fakePrograms } from './programs.ts';
import { fakeProjects } from './projects.ts';
import { createFakeState, type FakeState } from './state.ts';
import { fakeSubvolumes } from './subvolumes.ts';

export { createFakeShare } from './shares.ts';
export { createFakeState, type FakeState } from './state.ts';

/** A host in memory. A second one on the same state is like the host of a restarted daemon. */
export function createFakeHost(state: FakeState = createFakeState()): Host {
  const files = fakeFiles(state);
  const mounts = fakeMounts(state);
  const host: Host = {
    bootId: state.bootId,
    files,
    mounts,
    programs: fakePrograms(state),
    network: fakeNetwork(state),
    projects: (root) => fakeProjects(state, root),
    subvolumes: (root) => fakeSubvolumes(state, root),
    remote: () => ({
      ready: async () => undefined,
      files,
      looks: files,
      bind: mounts.bind,
      mountDisk: mounts.mountDisk,
      unmount: mounts.unmount,
    }),
    now: () => state.clock.now + state.clock.error,
    uptime: () => state.clock.now - state.clock.bootedAt,
    newId: () => (state.next.id++).toString(16).padStart(16, '0'),
    close: async () => undefined,
  };
  return injectFaults(failWhatHangs(host, state), state.faults);
}

/** Fails calls in the daemon's own process that would wait for a server and block its pool. Only `remote` may wait. */
function failWhatHangs(host: Host, state: FakeState): Host {
  return interceptHost(host, async (call, run) => {
    const isHere = call.name.startsWith('files.') || call.name.startsWith('log.');
    if (isHere && call.detail.split(' ').some((path) => path.startsWith('/') && hangs(state, path))) {
      throw new Error(`${call.name} ${call.detail} would hang the daemon, as its server is down`);
    }
    return run();
  });
}
