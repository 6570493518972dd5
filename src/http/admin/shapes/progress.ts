import * as z from 'zod/mini';
import { longWorks } from '../../../core/waits/progress.ts';
import { count, list, time } from './common.ts';

const amount = z
  .object({ bytes: z.exactOptional(count), entries: z.exactOptional(count) })
  .register(z.globalRegistry, { id: 'Amount', description: 'Of data, or of files and directories.' });
const work = z
  .object({
    what: z.enum(longWorks).check(z.describe('`purge`: of a volume that was removed earlier.')),
    driver: z.string(),
    volume: z.string(),
    since: time,
    done: z.exactOptional(amount).check(z.describe('Absent where nobody knows.')),
    total: z
      .exactOptional(amount)
      .check(z.describe('As it was measured before; absent where that is not known.')),
  })
  .register(z.globalRegistry, { id: 'WorkUnderWay' });
export const progress = z
  .object({
    underWay: list(work).check(z.describe('The oldest first.')),
    unlisted: count.check(z.describe('How many more there are.')),
  })
  .register(z.globalRegistry, { id: 'Progress' });
