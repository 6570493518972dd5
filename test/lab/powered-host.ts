import { processesOf } from './kernel-view.ts';
import { createMachine, type Machine, type MachineSettings } from './machine.ts';

/** A simulated host that can lose power. */
export interface PoweredHost extends Machine {
  /**
   * A power failure: the host sends nothing more, and all its processes are killed. Nothing is unmounted or notified.
   * The host stays off until `reboot`, which also restarts a running host.
   */
  crash(): Promise<void>;
  isOn(): boolean;
}

/** The connection of a host to its environment, such as a network. Initially on. */
export interface Supply {
  /** The network namespace to boot in, as nsenter(1) takes it: another one after each `on`. */
  network(): string;
  /** Disconnects at once, before the host's processes are killed. Idempotent. */
  off(processes: readonly number[]): Promise<void>;
  /** Resolves with false if it was already on. */
  on(): Promise<boolean>;
}

export async function createPoweredHost(
  supply: Supply,
  program: string,
  settings: Omit<MachineSettings, 'network'>,
): Promise<PoweredHost> {
  const machine = await createMachine(program, { ...settings, network: supply.network });
  const { folder, namespace } = machine;
  let isOn = true;
  const crash = async () => {
    if (!isOn) return;
    isOn = false;
    // The holder of the namespace is not stopped: it kills the host's processes.
    await supply.off((await processesOf(folder)).filter((pid) => pid !== namespace.pid()));
    await namespace.close('keep');
  };
  return {
    ...machine,
    crash,
    isOn: () => isOn,
    reboot: async () => {
      await crash();
      await supply.on();
      await machine.reboot();
      isOn = true;
    },
    destroy: async () => {
      // The folder is removed by a program in the namespace, which a crashed host does not have.
      if (await supply.on()) await namespace.open();
      await machine.destroy();
      await supply.off([]);
    },
  };
}
