import { wordsOf } from '../../core/error-words.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Access } from '../access.ts';
import { type Answer, askHttp } from '../ask-http.ts';
import { getMaster, readAnswer } from './answers.ts';

export interface Leader {
  readonly base: string;
  readonly id: string;
  /** Milliseconds since the epoch; undefined if the master does not say. */
  readonly electedAt: number | undefined;
}

/** From a master to the leader it names, and from there to a newly elected one. */
const mostRedirects = 3;

/**
 * The leader that all responding masters agree on. Asks every master: if two claim to lead, one has not yet noticed that it
 * lost the lead. Throws `unavailable` if there is no leader or more than one.
 */
export async function findLeader(
  addresses: readonly string[],
  access: Access,
  signal: AbortSignal,
): Promise<Leader> {
  const asked = await Promise.allSettled(addresses.map((base) => follow(base, access, signal)));
  const found = new Map<string, Leader>();
  for (const outcome of asked) if (outcome.status === 'fulfilled') found.set(outcome.value.id, outcome.value);
  const [leader, ...others] = found.values();
  if (leader === undefined) {
    const reasons = asked.flatMap((outcome) =>
      outcome.status === 'rejected' ? [wordsOf(outcome.reason)] : [],
    );
    throw new VolumeError('unavailable', `No leading Mesos master found: ${[...new Set(reasons)].join(' ')}`);
  }
  if (others.length === 0) return leader;
  const bases = [...found.values()].map(({ base }) => base).join(' and ');
  throw new VolumeError('unavailable', `The Mesos masters ${bases} both claim to lead.`);
}

async function follow(first: string, access: Access, signal: AbortSignal): Promise<Leader> {
  const visited = [first];
  let base = first;
  for (;;) {
    const answer = await callMaster(base, { type: 'GET_MASTER' }, access, signal);
    if (answer.status !== 307) return readLeader(base, refuseFailure(answer, base));
    base = redirected(base, answer);
    if (visited.includes(base) || visited.length > mostRedirects)
      throw new VolumeError(
        'unavailable',
        `The redirects of Mesos master ${first} do not end at a leader (${[...visited, base].join(' → ')}).`,
      );
    visited.push(base);
  }
}

/** One call of the v1 operator API. */
export function callMaster(base: string, body: object, access: Access, signal: AbortSignal): Promise<Answer> {
  return askHttp({ base, method: 'POST', path: '/api/v1', body }, access, signal);
}

/** Returns the answer if its status is 200, else throws `unavailable`. */
export function refuseFailure(answer: Answer, base: string): Answer {
  if (answer.status === 200) return answer;
  throw new VolumeError('unavailable', `The Mesos master ${base} ${failureWords(answer)}.`);
}

/** Explains a failed answer, with the master's own message. */
export function failureWords({ status, text }: Answer): string {
  const own = text.trim().split('\n')[0]?.slice(0, 300) ?? '';
  const said = own === '' ? '' : `: ${own}`;
  if (status === 401) return 'refuses the credentials (401)';
  if (status === 403) return `does not permit this to the principal (403)${said}`;
  if (status === 307) return 'is no longer the leader (307)';
  if (status === 503) return `is not ready (503)${said}`;
  return `answered ${status}${said}`;
}

function readLeader(base: string, answer: Answer): Leader {
  const { master_info, elected_time } = readAnswer(
    getMaster,
    answer,
    'GET_MASTER',
    `The Mesos master ${base}`,
  ).get_master;
  return {
    base,
    id: master_info.id,
    electedAt: elected_time === undefined ? undefined : elected_time * 1000,
  };
}

/** Mesos writes `//host:port/…`, which keeps the scheme of the request. Credentials never go from TLS to a plain connection. */
function redirected(base: string, { location }: Answer): string {
  const target = URL.canParse(location ?? '', base) ? new URL(location ?? '', base) : undefined;
  if (target === undefined || !/^https?:$/.test(target.protocol))
    throw new VolumeError(
      'unavailable',
      `The Mesos master ${base} sent a redirect without a usable address (Location: ${location ?? 'none'}).`,
    );
  if (base.startsWith('https:') && target.protocol !== 'https:')
    throw new VolumeError(
      'unavailable',
      `The Mesos master ${base} redirects to ${target.origin}, which does not use TLS.`,
    );
  return target.origin;
}
