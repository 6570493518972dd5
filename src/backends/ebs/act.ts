import { explained, refuseAborted } from '../shared/storage-errors.ts';
import type { EbsContext } from './context.ts';
import { explainRefusal, isEc2Error } from './ec2/refusals.ts';
import { forVerb } from './verb-context.ts';

/** Does the work of one verb: refuses to start once the signal is aborted, and explains every error. `doing` begins the sentence. */
export type Act = <T>(
  doing: string,
  signal: AbortSignal,
  work: (context: EbsContext) => Promise<T>,
) => Promise<T>;

export function createAct(context: EbsContext): Act {
  return (doing, signal, work) =>
    explained(doing, 'EC2', async () => {
      refuseAborted(signal, doing);
      try {
        return await work(forVerb(context, doing));
      } catch (error) {
        throw isEc2Error(error) ? explainRefusal(doing, error) : error;
      }
    });
}
