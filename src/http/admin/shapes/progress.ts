import * as z from 'zod';
import { longWorks } from '../../../core/waits/progress.ts';
import { count, list, time } from './common.ts';

const amount = z
  .object({ bytes: count.exactOptional(), entries: count.exactOptional() })
  .meta({ id: 'Amount', description: 'Of data, or of files and directories.' });
const work = z
  .object({
    what: z.enum(longWorks).describe('`purge`: of a volume that was removed earlier.'),
    driver: z.string(),
    volume: z.string(),
    since: time,
    done: amount.exactOptional().describe('Absent where nobody knows.'),
    total: amount.exactOptional().describe('As it was measured before; absent where that is not known.'),
  })
  .meta({ id: 'WorkUnderWay' });
export const progress = z
  .object({
    underWay: list(work).describe('The oldest first.'),
    unlisted: count.describe('How many more there are.'),
  })
  .meta({ id: 'Progress' });
