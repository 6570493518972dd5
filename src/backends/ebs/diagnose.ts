import { type Finding, failure, ok, warning } from '../../core/finding.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import { clockFinding } from '../shared/clock-finding.ts';
import type { EbsContext } from './context.ts';
import { type Ec2Action, ec2Actions, permissionsFor } from './ec2/actions.ts';
import type { Ec2 } from './ec2/ec2.ts';
import type { Whereabouts } from './ec2/instance-identity.ts';
import { explainRefusal, isEc2Error } from './ec2/refusals.ts';

/** Where this host is, what it may ask of EC2, and how many disks it still takes. */
export async function diagnoseEbs(context: EbsContext, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    const here = await context.whereabouts(signal);
    const ec2 = await context.ec2();
    const place = ok('instance', `This host is ${here.instanceId} in ${here.zone}.`);
    const found = [...(await permissions(ec2, here, signal)), ...(await slots(ec2, here, signal))];
    const clock = ec2.clock();
    return [place, ...found, ...(clock === undefined ? [] : [clockFinding('EC2', clock)])];
  } catch (error) {
    return [failure('EC2', wordsOf(error))];
  }
}

/** Each action by a dry run: EC2 answers whether it would be allowed, and does nothing. */
async function permissions(ec2: Ec2, here: Whereabouts, signal: AbortSignal): Promise<readonly Finding[]> {
  const missing: Ec2Action[] = [];
  // One after the other: all at once would use up a good part of what the account may ask in a second.
  for (const action of ec2Actions) if (!(await ec2.mayDo(action, here, signal))) missing.push(action);
  if (missing.length === 0) return [ok('IAM', `All ${ec2Actions.length} actions are allowed.`)];
  const needed = [...new Set(missing.flatMap(permissionsFor))];
  return needed.map((permission) =>
    failure(
      'IAM',
      `The role of this host is not allowed ${permission}.`,
      `Add ${permission} to its policy: docs/backends/ebs.md has the whole of it.`,
    ),
  );
}

async function slots(ec2: Ec2, here: Whereabouts, signal: AbortSignal): Promise<readonly Finding[]> {
  const instance = await ec2.instance(here.instanceId, signal);
  if (instance === undefined) return [failure('instance', `EC2 does not know ${here.instanceId}.`)];
  const limit = await ec2.attachLimit(instance.type, signal);
  if (limit === undefined) return [];
  const left = limit.most - instance.devices.size;
  const evidence = `${instance.devices.size} disks are attached; an instance of type ${instance.type} takes ${limit.most}${limit.isShared ? ', network interfaces included' : ''}.`;
  return [
    left > 0
      ? ok('disks', evidence)
      : warning('disks', evidence, 'Unmount a volume here, or use a larger instance.'),
  ];
}

function wordsOf(error: unknown): string {
  if (isEc2Error(error)) return explainRefusal('EC2 could not be asked', error).message;
  return asVolumeError(error, 'EC2 could not be asked').message;
}
