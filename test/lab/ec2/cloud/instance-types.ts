export interface InstanceType {
  readonly hypervisor: 'xen' | 'nitro';
  readonly attachments: 'shared' | 'dedicated';
  /** EBS volumes including the root volume. With a shared limit, network interfaces and local NVMe disks count too. */
  readonly limit: number;
  readonly localDisks: number;
}

/**
 * A few of each kind. "Amazon EBS volume limits for Amazon EC2 instances": most Nitro types share 28 attachments, from the
 * seventh generation on EBS has its own; Xen types are supported up to 40.
 */
export const instanceTypes: Readonly<Record<string, InstanceType>> = {
  't2.micro': { hypervisor: 'xen', attachments: 'shared', limit: 40, localDisks: 0 },
  'm4.large': { hypervisor: 'xen', attachments: 'shared', limit: 40, localDisks: 0 },
  't3.micro': { hypervisor: 'nitro', attachments: 'shared', limit: 28, localDisks: 0 },
  'm5.large': { hypervisor: 'nitro', attachments: 'shared', limit: 28, localDisks: 0 },
  'm5d.large': { hypervisor: 'nitro', attachments: 'shared', limit: 28, localDisks: 1 },
  'm7i.large': { hypervisor: 'nitro', attachments: 'dedicated', limit: 32, localDisks: 0 },
};

/** The number of EBS volumes that fit with one network interface and the machine's local disks. */
export function attachLimit({ hypervisor, attachments, limit, localDisks }: InstanceType): number {
  return hypervisor === 'nitro' && attachments === 'shared' ? limit - 1 - localDisks : limit;
}
