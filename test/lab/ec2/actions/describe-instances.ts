import { type Fields, parseFilters } from '../api/filters.ts';
import { page } from '../api/paging.ts';
import { type Account, isoTime, ownerId } from '../cloud/account.ts';
import type { InstanceState, Machine, Volume } from '../cloud/resources.ts';
import { tagSet } from '../cloud/tags.ts';
import type { Action, Answer } from './action.ts';
import { findInstance } from './find.ts';

/** "InstanceState", low byte. */
const stateCodes: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

const fields: Fields<Machine> = {
  'availability-zone': ({ zone }) => [zone],
  'instance-id': ({ id }) => [id],
  'instance-state-code': ({ state }) => [String(stateCodes[state])],
  'instance-state-name': ({ state }) => [state],
  'instance-type': ({ type }) => [type],
};

export const describeInstances: Action = {
  parameters: ['Filter', 'InstanceId', 'MaxResults', 'NextToken'],
  run: ({ account, parameters }) => {
    const found = instancesOf(account, parameters.list('InstanceId')).filter(
      parseFilters(parameters, fields, ({ tags }) => tags),
    );
    const { items, nextToken } = page({ parameters, pages: account.pages }, found, {
      ids: 'InstanceId',
      set: 'instancesSet',
    });
    const volumes = account.volumes.allSeen(account.lag.reads);
    const reservationSet = items.map((instance) => ({
      reservationId: instance.id.replace('i-', 'r-'),
      ownerId,
      groupSet: [],
      instancesSet: [instanceAnswer(instance, volumes)],
    }));
    return { reservationSet, nextToken };
  },
};

/** By default only running instances. */
export const describeInstanceStatus: Action = {
  parameters: ['Filter', 'IncludeAllInstances', 'InstanceId', 'MaxResults', 'NextToken'],
  run: ({ account, parameters }) => {
    const everyState = parameters.flag('IncludeAllInstances');
    const found = instancesOf(account, parameters.list('InstanceId'))
      .filter(({ state }) => everyState || state === 'running')
      .filter(parseFilters(parameters, fields, ({ tags }) => tags));
    const { items, nextToken } = page({ parameters, pages: account.pages }, found, {
      ids: 'InstanceId',
      set: 'instancesSet',
    });
    return { instanceStatusSet: items.map(statusAnswer), nextToken };
  },
};

function instancesOf(account: Account, ids: readonly string[]): readonly Machine[] {
  const { reads } = account.lag;
  if (ids.length === 0) return account.instances.allSeen(reads);
  return [...new Set(ids)].map((id) => findInstance(account, id, reads));
}

function instanceAnswer(instance: Machine, volumes: readonly Volume[]): Answer {
  const attached = volumes.filter(({ attachment }) => attachment?.instanceId === instance.id);
  return {
    instanceId: instance.id,
    instanceState: stateAnswer(instance.state),
    instanceType: instance.type,
    launchTime: isoTime(instance.launched),
    ...networkAnswer(instance),
    placement: { availabilityZone: instance.zone, groupName: '', tenancy: 'default' },
    // "The value xen is used for both Xen and Nitro hypervisors."
    hypervisor: 'xen',
    virtualizationType: 'hvm',
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/xvda',
    blockDeviceMapping: attached.map((volume) => mappingAnswer(instance, volume)),
    tagSet: tagSet(instance.tags),
    metadataOptions: { state: 'applied', httpTokens: 'required', httpPutResponseHopLimit: instance.hopLimit },
  };
}

/** A terminated instance has released its names. */
function networkAnswer({ id, state, zone }: Machine): Answer {
  if (state === 'terminated') return { privateDnsName: '' };
  const digits = id.slice(-6);
  const bytes = [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16));
  const privateDnsName = `ip-10-${bytes.join('-')}.${zone.slice(0, -1)}.compute.internal`;
  return { privateDnsName, privateIpAddress: `10.${bytes.join('.')}` };
}

/** A volume that is being detached is `detaching` here, even if busy. */
function mappingAnswer(instance: Machine, { id, attachment }: Volume): Answer {
  const status = attachment?.status === 'busy' ? 'detaching' : attachment?.status;
  const attachTime = attachment && isoTime(attachment.since);
  const deleteOnTermination = instance.rootVolumeId === id;
  return { deviceName: attachment?.device, ebs: { volumeId: id, status, attachTime, deleteOnTermination } };
}

function statusAnswer(instance: Machine): Answer {
  const status = { status: instance.state === 'running' ? 'ok' : 'not-applicable' };
  return {
    instanceId: instance.id,
    availabilityZone: instance.zone,
    instanceState: stateAnswer(instance.state),
    systemStatus: status,
    instanceStatus: status,
  };
}

function stateAnswer(state: InstanceState): Answer {
  return { code: stateCodes[state], name: state };
}
