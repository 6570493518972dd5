import type { Volume } from '../../../core/volume.ts';
import type { EbsContext } from '../context.ts';
import type { Attachment, Disk } from '../ec2/ec2.ts';

/** The instance that a disk is attached to, and what for. */
export interface Target {
  readonly instanceId: string;
  readonly zone: string;
  /** False: another host. Its devices and mounts cannot be seen. */
  readonly isHere: boolean;
  /** `attached`: for an orchestrator, apart from mounting it. */
  readonly purpose: 'mounted' | 'attached';
  /** A device name that it must not get, because a detach under that name may still come. */
  readonly notAs?: string;
}

export type Purpose = Target['purpose'] | 'detached';

/** This host, which mounts the disk. */
export async function thisHost(context: EbsContext, signal: AbortSignal): Promise<Target> {
  const { instanceId, zone } = await context.whereabouts(signal);
  return { instanceId, zone, isHere: true, purpose: 'mounted' };
}

/** The beginning of a message. */
export function doingAt({ purpose }: { readonly purpose: Purpose }, { name }: Volume): string {
  return `Volume ${name} could not be ${purpose}`;
}

/** For messages. */
export function hostWords({ isHere, instanceId }: Target): string {
  return isHere ? 'this host' : instanceId;
}

export function attachmentTo(disk: Disk, { instanceId }: Pick<Target, 'instanceId'>): Attachment | undefined {
  return disk.attachments.find((one) => one.instanceId === instanceId && one.state !== 'detached');
}
