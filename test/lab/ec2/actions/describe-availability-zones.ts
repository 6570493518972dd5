import { Ec2Error } from '../api/ec2-error.ts';
import { type Fields, parseFilters } from '../api/filters.ts';
import type { Action } from './action.ts';

const fields: Fields<string> = {
  'zone-name': (zone) => [zone],
  state: () => ['available'],
};

export const describeAvailabilityZones: Action = {
  parameters: ['AllAvailabilityZones', 'Filter', 'ZoneName'],
  run: ({ account, parameters }) => {
    const asked = parameters.list('ZoneName');
    const unknown = asked.find((zone) => !account.zones.includes(zone));
    if (unknown !== undefined) {
      throw new Ec2Error('InvalidParameterValue', `Invalid availability zone: [${unknown}]`);
    }
    const availabilityZoneInfo = account.zones
      .filter((zone) => asked.length === 0 || asked.includes(zone))
      .filter(parseFilters(parameters, fields, () => new Map()))
      .map((zone) => ({
        zoneName: zone,
        zoneState: 'available',
        regionName: account.region,
        zoneId: `${account.region}-az${account.zones.indexOf(zone) + 1}`,
        zoneType: 'availability-zone',
        optInStatus: 'opt-in-not-required',
      }));
    return { availabilityZoneInfo };
  },
};
