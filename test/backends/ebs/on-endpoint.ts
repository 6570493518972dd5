import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../../src/backends/ebs/clock.ts';
import { defineEbs } from '../../../src/backends/ebs/definition.ts';
import { createEc2 } from '../../../src/backends/ebs/ec2/client.ts';
import { noLimits } from '../../../src/backends/ebs/ec2/rate-limits.ts';
import type { BackendInputs, BackendUnderTest } from '../../contract/backend/contract.ts';
import { type AroundEc2, interceptEc2 } from '../../fakes/ec2/intercepted.ts';
import { openBackend } from '../../fakes/open-backend.ts';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';
import type { Instance } from '../../lab/ec2/cloud/instance.ts';
import { createEc2Endpoint, type Ec2Endpoint, type Ec2Settings } from '../../lab/ec2/endpoint.ts';
import { copiesIn } from './stored-copies.ts';
import { spoilTags } from './under-test.ts';

/** Short pauses take their real time. Longer ones take a twentieth, because the endpoint has no delays. */
function hastyClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    async sleep(milliseconds, signal) {
      now += milliseconds;
      await delay(milliseconds >= 100 ? milliseconds / 20 : milliseconds, undefined, { signal });
    },
  };
}

/** A daemon on this instance. It uses the real SDK, and the devices in the instance's folder. */
export function backendOnInstance(
  endpoint: Ec2Endpoint,
  instance: Instance,
  inputs: BackendInputs,
  around: AroundEc2 = (_, run) => run(),
) {
  const { url, region, credentials } = endpoint;
  const clock = hastyClock();
  const connect = async (of = region) =>
    interceptEc2(
      await createEc2({ region: of, endpoint: url, credentials, clock, limits: noLimits }),
      around,
    );
  const ec2 = connect();
  return openBackend(
    defineEbs({
      ec2: () => ec2,
      ec2In: connect,
      whereabouts: async () => ({ region, zone: instance.zone, instanceId: instance.id }),
      clock,
      folders: { devices: `${instance.folder}/dev`, system: `${instance.folder}/sys` },
    }),
    { driver: 'ebs', workDir: `${instance.folder}/work`, witnesses: new Map(), ...inputs },
  );
}

/** An instance on its own endpoint, with this machine as its host. Needs root. */
export async function ebsOnEndpoint(settings: Ec2Settings = {}): Promise<BackendUnderTest> {
  const { host, folder, cleanUp } = await linuxHostUnderTest('auto');
  const endpoint = await createEc2Endpoint({ disks: 'loop', ...settings });
  const instance = await endpoint.addInstance();
  await host.files.makeDirectory(`${folder}/mnt`);
  return {
    host,
    folder,
    makeBackend: (inputs) =>
      backendOnInstance(endpoint, instance, inputs, async (call, run) => {
        // Each request counts as an effect on the host, so that the daemon can also die between requests.
        if (call.kind === 'effect') await inputs.host.files.removeFile(`${folder}/no-such-file`);
        return run();
      }),
    spoilRecord: async (name) => {
      const { url, region, credentials } = endpoint;
      return spoilTags(await createEc2({ region, endpoint: url, credentials }), name);
    },
    copies: copiesIn(() => {
      const { url, region, credentials } = endpoint;
      return createEc2({ region, endpoint: url, credentials, limits: noLimits });
    }),
    async cleanUp() {
      await cleanUp();
      await endpoint.close();
    },
  };
}
