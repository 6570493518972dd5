import { Ec2Error, invalidValue } from './ec2-error.ts';
import type { Parameters } from './parameters.ts';

export interface Page<Value> {
  readonly items: readonly Value[];
  readonly nextToken: string | undefined;
}

/** The parameter that names resources one by one, and how the real one calls it when it refuses. */
export interface IdList {
  readonly ids: string;
  readonly set: string;
}

/** More are never in one page, whatever is asked. */
const most = 1000;

/**
 * "MaxResults … between 5 and 1000"; without it everything comes at once. It does not go together with a list of IDs.
 * The token says where the page begins, so that a list which changes meanwhile may show a thing twice or never.
 */
export function page<Value>(parameters: Parameters, all: readonly Value[], list: IdList): Page<Value> {
  const asked = parameters.integer('MaxResults');
  const start = startOf(parameters.text('NextToken'));
  if (asked === undefined && start === 0) return { items: all, nextToken: undefined };
  if (asked !== undefined && parameters.list(list.ids).length > 0) {
    const message = `The parameter ${list.set} cannot be used with the parameter maxResults`;
    throw new Ec2Error('InvalidParameterCombination', message);
  }
  if (asked !== undefined && asked < 5) {
    throw invalidValue(
      `Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value greater than 5.`,
    );
  }
  const end = start + Math.min(asked ?? most, most);
  return { items: all.slice(start, end), nextToken: end < all.length ? tokenOf(end) : undefined };
}

function tokenOf(start: number): string {
  return Buffer.from(`page ${start}`).toString('base64url');
}

function startOf(token: string | undefined): number {
  if (!token) return 0;
  const start = /^page (\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1];
  if (start !== undefined) return Number(start);
  throw new Ec2Error('InvalidPaginationToken', 'The specified pagination token is not valid or has expired.');
}
