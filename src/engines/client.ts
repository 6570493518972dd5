import type Docker from 'dockerode';
import type * as z from 'zod/mini';
import { boundedAgent } from './bounded-agent.ts';

/** A question by dockerode, which must pass `how` on. */
export type Question = (engine: Docker, how: { readonly abortSignal: AbortSignal }) => Promise<unknown>;

/** Far more than an engine's answer about a few thousand containers. */
const mostBytes = 16 * 1024 * 1024;

/**
 * Asks the engine behind a socket: Docker's, or Podman's service, which has the same API. Undefined: it has no such
 * thing (404). Rejects if nobody answers within `patience` (milliseconds), and for an answer in another format or above 16 MiB.
 */
export async function askEngine<T>(
  socketPath: string,
  question: Question,
  answer: z.ZodMiniType<T>,
  patience: number,
): Promise<T | undefined> {
  const { default: Engine } = await import('dockerode');
  // The time to load it does not count.
  const signal = AbortSignal.timeout(patience);
  const { agent, lost } = boundedAgent(mostBytes);
  // By default it would connect to DOCKER_HOST.
  const where = { socketPath, protocol: 'http', agent, host: undefined, port: undefined } as const;
  const engine = new Engine(where);
  try {
    return answer.parse(await Promise.race([question(engine, { abortSignal: signal }), lost, ended(signal)]));
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  } finally {
    agent.destroy();
  }
}

function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

function statusOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
}
