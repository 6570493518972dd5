/** The disks behind volumes and snapshots, each under the ID of what it belongs to. */
export interface Disks {
  /** Zeros, or what another one holds now; of this size in either case. */
  create(id: string, gib: number, copyOf?: string): Promise<void>;
  grow(id: string, gib: number): Promise<void>;
  remove(id: string): Promise<void>;
  /** Makes it appear among the devices of an instance. */
  plug(id: string, place: Place): Promise<Device>;
  close(): Promise<void>;
}

export interface Place {
  /** Of the instance: devices are below `dev`, what is known of them below `sys`. */
  readonly folder: string;
  readonly hypervisor: 'xen' | 'nitro';
  /** The name that was asked for, which a Nitro instance does not use. */
  readonly name: string;
  readonly ailment: Ailment | undefined;
}

/**
 * `wrong-disk`: what appears under the volume's names is the disk of another volume. `unreadable`: reads fail with EIO.
 * `no-device`: attached, and yet nothing appears.
 */
export type Ailment =
  | { readonly kind: 'wrong-disk'; readonly volumeId: string }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'no-device' };

export interface Device {
  /** Whether something has it mounted, in whatever namespace. */
  isHeld(): Promise<boolean>;
  /** The disk has another size now. */
  resize(): Promise<void>;
  /**
   * Takes it away, also from who holds it: whoever does reads errors from now on, and what he writes is lost, as after a
   * forced detach or on a machine whose power is off.
   */
  unplug(): Promise<void>;
}

/** Volumes without content, for tests of the API alone and machines without root. */
export function noDisks(): Disks {
  return { create: nothing, grow: nothing, remove: nothing, plug: async () => noDevice, close: nothing };
}

async function nothing(): Promise<void> {}

export const noDevice: Device = { isHeld: async () => false, resize: nothing, unplug: nothing };
