import type { Host } from '../../src/host/host.ts';
import { injectFaults } from './fake-faults.ts';
import { fakeFiles } from './fake-host-files.ts';
import { fakeMounts } from './fake-host-mounts.ts';
import { fakeNetwork } from './fake-host-network.ts';
import { fakePrograms } from './fake-host-programs.ts';
import { createFakeState, type FakeState } from './fake-host-state.ts';
import { hangs } from './fake-paths.ts';
import { interceptHost } from './intercepted-host.ts';

export { createFakeState, type FakeState } from './fake-host-state.ts';
export { createFakeShare } from './fake-shares.ts';

/** A host in memory. A second one on the same state is what a daemon finds that was started again. */
export function createFakeHost(state: FakeState = createFakeState()): Host {
  const files = fakeFiles(state);
  const mounts = fakeMounts(state);
  const host: Host = {
    bootId: state.bootId,
    files,
    mounts,
    programs: fakePrograms(state),
    network: fakeNetwork(state),
    remote: () => ({ files, bind: mounts.bind, mountDisk: mounts.mountDisk, unmount: mounts.unmount }),
    now: () => state.clock.now,
    newId: () => (state.next.id++).toString(16).padStart(16, '0'),
    close: async () => undefined,
  };
  return injectFaults(failWhatHangs(host, state), state.faults);
}

/** A call that waits for a server in the daemon's own process holds a thread of its pool: nothing but `remote` may. */
function failWhatHangs(host: Host, state: FakeState): Host {
  return interceptHost(host, async (call, run) => {
    const isHere = call.name.startsWith('files.') || call.name.startsWith('log.');
    if (isHere && call.detail.split(' ').some((path) => path.startsWith('/') && hangs(state, path))) {
      throw new Error(`${call.name} ${call.detail} would hang the daemon, as its server is down`);
    }
    return run();
  });
}
