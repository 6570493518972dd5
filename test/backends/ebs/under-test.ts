import { defineEbs } from '../../../src/backends/ebs/definition.ts';
import type { Ec2 } from '../../../src/backends/ebs/ec2/ec2.ts';
import type { BackendInputs, BackendTraits, BackendUnderTest } from '../../contract/backend/contract.ts';
import { createFakeCloud, createFakeEc2, type FakeCloud } from '../../fakes/ec2/fake-ec2.ts';
import { interceptEc2 } from '../../fakes/ec2/intercepted.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { openBackend } from '../../fakes/open-backend.ts';
import { fastClock } from './disk/under-test.ts';
import { copiesIn } from './stored-copies.ts';

const zone = 'eu-test-1a';

export const ebsDisks: BackendTraits = {
  capabilities: { scope: 'global', sharing: 'one-host' },
  options: { size: '1' },
  otherOptions: { uid: '5' },
  equalOptions: [
    { size: '1024MiB', volumetype: 'GP3', newfstype: 'ext4' },
    { o: 'SIZE=1GiB,type=gp3,fs=ext4,timeout=30' },
  ],
  mistyped: ['siz', 'size'],
  ownership: 'by-options',
  freshReadOnly: 'refused',
  data: 'owned',
  snapshots: 'instant',
  growth: 'grows',
  modification: 'own',
  ofData: { uid: '77' },
  tooLarge: { code: 'invalid', message: /from 1 to 65536 GiB, not 7PiB/ },
};

export interface EbsUnderTest extends BackendUnderTest {
  readonly cloud: FakeCloud;
  readonly state: FakeState;
}

/** An instance with this name and its own backend over the cloud. */
function backendOn(cloud: FakeCloud, instanceId: string, inputs: BackendInputs) {
  const ec2 = interceptEc2(createFakeEc2(cloud), async (call, run) => {
    // Each request counts as an effect on the host, so that the daemon can also die between requests.
    if (call.kind === 'effect') await inputs.host.files.removeFile('/folder/no-such-file');
    return run();
  });
  return openBackend(
    defineEbs({
      ec2: async () => ec2,
      whereabouts: async () => ({ region: 'eu-test-1', zone, instanceId }),
      clock: fastClock(),
    }),
    { driver: 'ebs', workDir: '/folder/work', witnesses: new Map(), ...inputs },
  );
}

/** Makes the options of the volume with this name unreadable. */
export async function spoilTags(ec2: Ec2, name: string): Promise<() => Promise<void>> {
  const signal = AbortSignal.timeout(60_000);
  const found = await ec2.findVolumes(
    { 'tag:holdfast:name': [name], 'tag:holdfast:state': ['present'] },
    signal,
  );
  const ids = found.map(({ id }) => id);
  const options = found[0]?.tags['holdfast:options'] ?? '';
  await ec2.setTags(ids, { 'holdfast:options': 'size@size' }, signal);
  return () => ec2.setTags(ids, { 'holdfast:options': options }, signal);
}

export async function ebsOnFakeHost(): Promise<EbsUnderTest> {
  const cloud = createFakeCloud();
  const state = createFakeState();
  cloud.addMachine('i-a', { host: state });
  const host = createFakeHost(state);
  await host.files.makeDirectory('/folder/mnt');
  return {
    cloud,
    state,
    host,
    folder: '/folder',
    makeBackend: (inputs) => backendOn(cloud, 'i-a', inputs),
    spoilRecord: (name) => spoilTags(createFakeEc2(cloud), name),
    copies: copiesIn(async () => createFakeEc2(cloud)),
    cleanUp: async () => undefined,
  };
}
