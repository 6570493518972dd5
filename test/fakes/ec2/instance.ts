import { defineEbs } from '../../../src/backends/ebs/definition.ts';
import { fastClock } from '../../backends/ebs/disk/under-test.ts';
import { createFakeState } from '../host/fake-host.ts';
import { createFakeCloud, createFakeEc2 } from './fake-ec2.ts';
import { type AroundEc2, interceptEc2 } from './intercepted.ts';

/** EBS on a new instance of the cloud, with a clock that does not wait. */
export function onInstance({
  id = 'i-a',
  cloud = createFakeCloud(),
  state = createFakeState(),
  naming = 'nvme',
  clock = fastClock(),
  around = (_, run) => run(),
}: {
  readonly id?: string;
  readonly cloud?: ReturnType<typeof createFakeCloud>;
  readonly state?: ReturnType<typeof createFakeState>;
  readonly naming?: 'xen' | 'nvme';
  readonly clock?: ReturnType<typeof fastClock>;
  readonly around?: AroundEc2;
} = {}) {
  cloud.addMachine(id, { host: state, naming });
  const definition = defineEbs({
    ec2: async () => interceptEc2(createFakeEc2(cloud), around),
    whereabouts: async () => ({ region: 'eu-test-1', zone: 'eu-test-1a', instanceId: id }),
    clock,
  });
  return { cloud, state, definition };
}
