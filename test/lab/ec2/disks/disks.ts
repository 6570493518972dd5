/** The disks of volumes and snapshots, by the ID of the volume or snapshot. */
export interface Disks {
  /** Creates a disk of this size, with zeros or with the present content of another one. */
  create(id: string, gib: number, copyOf?: string): Promise<void>;
  grow(id: string, gib: number): Promise<void>;
  remove(id: string): Promise<void>;
  /** Makes it appear among the devices of an instance. */
  plug(id: string, place: Place): Promise<Device>;
  close(): Promise<void>;
}

export interface Place {
  /** The instance's folder: devices are below `dev`, their properties below `sys`. */
  readonly folder: string;
  readonly hypervisor: 'xen' | 'nitro';
  /** The requested name, which a Nitro instance does not use. */
  readonly name: string;
  readonly ailment: Ailment | undefined;
}

/**
 * `wrong-disk`: the disk of another volume appears under the volume's names. `unreadable`: reads fail with EIO.
 * `no-device`: attached, but no device appears.
 */
export type Ailment =
  | { readonly kind: 'wrong-disk'; readonly volumeId: string }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'no-device' };

export interface Device {
  /** Whether it is mounted in any namespace. */
  isHeld(): Promise<boolean>;
  /** Makes the device show the disk's new size. */
  resize(): Promise<void>;
  /**
   * Removes it even while it is in use: users then get read errors, and their writes are lost, as after a
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
