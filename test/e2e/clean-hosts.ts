import { eventually } from '../lab/eventually.ts';
import { viewOutside } from '../lab/kernel-view.ts';
import type { PoweredHost } from '../lab/powered-host.ts';
import { isEmpty, words } from './use-machine.ts';

/**
 * Runs after a test: Docker removes containers and volumes, then a fresh look at each host must find nothing left.
 * If something is left, the test fails and the next one starts on rebooted hosts.
 */
export async function leaveNothing<Host extends PoweredHost>(
  hosts: readonly Host[],
  leftovers: (host: Host) => Promise<readonly string[]>,
): Promise<void> {
  try {
    await removeEverything(hosts);
    for (const host of hosts)
      await host.eventually('nothing is left after the test', () => isEmpty(leftovers(host)));
  } catch (failure) {
    for (const host of hosts) await host.reboot();
    await removeEverything(hosts);
    throw failure;
  }
}

async function removeEverything(hosts: readonly PoweredHost[]): Promise<void> {
  for (const host of hosts) {
    if (!host.isOn()) await host.reboot();
    if (!host.holdfast.service.running()) await host.holdfast.start();
    const containers = words(await host.docker('ps', '--all', '--quiet'));
    if (containers.length > 0) await host.docker('rm', '--force', '--volumes', ...containers);
  }
  for (const host of hosts) {
    const volumes = words(await host.docker('volume', 'ls', '--quiet'));
    // One host may still list a volume that another one has just removed.
    if (volumes.length > 0) await host.docker('volume', 'rm', '--force', ...volumes);
  }
}

/** A clean stop must leave nothing, and neither must a destroyed host. */
export async function switchOff(hosts: readonly PoweredHost[]): Promise<void> {
  try {
    for (const host of hosts) {
      await host.engine.stop();
      await host.holdfast.stop();
      await host.eventually('nothing is left after a clean stop', () => isEmpty(host.traces()));
    }
  } finally {
    for (const host of hosts) {
      await host.destroy();
      await eventually('nothing outlives the host', () => isEmpty(viewOutside(host.folder)));
    }
  }
}
