import { processesOf } from './kernel-view.ts';
import { createMachine, type Machine, type MachineSettings } from './machine.ts';

/** A simulated host that can lose its power. */
export interface PoweredHost extends Machine {
  /**
   * A power failure: nothing leaves the host any more, and every process of it is killed. Nothing is unmounted, and nobody
   * is told. The host stays off until `reboot`, which boots a running host anew as well.
   */
  crash(): Promise<void>;
  isOn(): boolean;
}

/** What a host has of the world around it, such as its place in a network. On at first. */
export interface Supply {
  /** The network namespace to boot in, as nsenter(1) takes it: another one after each `on`. */
  network(): string;
  /** Takes it away at once, before the host's processes are killed; done twice is done once. */
  off(processes: readonly number[]): Promise<void>;
  /** False when it was on. */
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
    // What holds the namespace is none of the host's: it is what kills the others.
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
      // What removes the folder runs in the namespace, which a crashed host has no more.
      if (await supply.on()) await namespace.open();
      await machine.destroy();
      await supply.off([]);
    },
  };
}
