import { Ec2Error, invalidValue } from './ec2-error.ts';
import type { Parameters } from './parameters.ts';

export interface Page<Value> {
  readonly items: readonly Value[];
  readonly nextToken: string | undefined;
}

/** The parameter with a list of IDs, and its name in EC2's refusals. */
export interface IdList {
  readonly ids: string;
  readonly set: string;
}

/** The most items in one page, whatever is requested. */
const most = 1000;

/** How long each page is. */
export interface PageCutter {
  /** The length of the next page, which may have at most this many items. */
  length(most: number): number;
  /** Whether the page with the last items still has a token, so that an empty page follows. */
  goesOn(): boolean;
}

/** Pages like most of EC2's, for tests that count requests. */
export const fullPages: PageCutter = { length: (most) => most, goesOn: () => false };

/**
 * Pages that EC2 may also send, even if more items follow: one in three is short, and one in three is empty, with at most
 * three empty ones in a row. The same seed gives the same pages.
 */
export function raggedPages(seed: number): PageCutter {
  const random = seededRandom(seed);
  let emptyOnes = 0;
  const empty = () => random() < 1 / 3 && emptyOnes < 3;
  return {
    length: (most) => {
      emptyOnes = empty() ? emptyOnes + 1 : 0;
      if (emptyOnes > 0) return 0;
      return random() < 1 / 2 ? 1 + Math.floor(random() * most) : most;
    },
    goesOn: () => random() < 1 / 3,
  };
}

/** Numbers from 0 to 1; the seed determines the sequence (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * "MaxResults … between 5 and 1000". A request with IDs is answered in one page and must not have MaxResults. Any other list
 * is cut into pages, with or without it ("If MaxResults is not specified, EC2 may still return a token"). A token contains the
 * position of its page, so items of a list that changes meanwhile may appear twice or never. Each token is unique.
 */
export function page<Value>(
  { parameters, pages }: { readonly parameters: Parameters; readonly pages: PageCutter },
  all: readonly Value[],
  list: IdList,
): Page<Value> {
  const asked = parameters.integer('MaxResults');
  const token = placeOf(parameters.text('NextToken'));
  const named = parameters.list(list.ids).length > 0;
  if (asked !== undefined && named) {
    const message = `The parameter ${list.set} cannot be used with the parameter maxResults`;
    throw new Ec2Error('InvalidParameterCombination', message);
  }
  if (asked !== undefined && asked < 5) {
    throw invalidValue(
      `Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value greater than 5.`,
    );
  }
  if (named) return { items: all, nextToken: undefined };
  const end = token.start + pages.length(Math.min(asked ?? most, most));
  const isLast = end >= all.length && !pages.goesOn();
  const next = { start: Math.min(end, all.length), number: token.number + 1 };
  return { items: all.slice(token.start, end), nextToken: isLast ? undefined : tokenOf(next) };
}

interface Place {
  readonly start: number;
  /** The page number. */
  readonly number: number;
}

function tokenOf({ start, number }: Place): string {
  return Buffer.from(`page ${number} from ${start}`).toString('base64url');
}

function placeOf(token: string | undefined): Place {
  if (!token) return { start: 0, number: 1 };
  const [, number, start] = /^page (\d+) from (\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (start !== undefined) return { start: Number(start), number: Number(number) };
  throw new Ec2Error('InvalidPaginationToken', 'The specified pagination token is not valid or has expired.');
}
