import type { Ec2 } from './ec2.ts';
import type { Lists } from './lists.ts';
import type { Ec2Calls } from './retry.ts';
import type { Sdk } from './sdk.ts';

/** What requests that change something need. */
export interface ChangeParts extends Pick<Ec2, 'volume' | 'modification'> {
  readonly sdk: Sdk;
  readonly calls: Ec2Calls;
  readonly lists: Lists;
}
