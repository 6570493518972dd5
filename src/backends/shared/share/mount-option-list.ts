import { z } from 'zod';

/** Mount options in the settings of a driver: a list, or one text with commas, which becomes the latter. */
export const mountOptionList = z
  .union([z.string(), z.array(z.string())], 'must be a list of options, or one text with commas')
  .pipe(z.transform((value) => [value].flat().join(',')));
