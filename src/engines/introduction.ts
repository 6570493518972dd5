import { type EngineProcess, lifeOf, usualDocker } from './life.ts';
import type { AskEngine } from './questions.ts';

/** Milliseconds. */
interface Pace {
  /** Interval between checks for a newly started engine. */
  readonly look: number;
  /** Timeout of a request. */
  readonly patience: number;
}

const usualPace: Pace = { look: 10_000, patience: 2_000 };

/** A starting engine answers late. After this many attempts it is not asked again. */
const mostTries = 6;

/**
 * Asks this host's engine for its volumes, once after each start of the engine. To answer, the engine loads all its drivers,
 * and reports them to the managers of a Swarm. Until then, managers say "missing plugin" and place no task on this node.
 *
 * Only a running engine is asked: with socket activation, a request would start a stopped one. The answer is not used, and
 * nothing waits for it. Without a visible engine, nothing happens. Podman does not need this: each of its commands reads the
 * list of drivers.
 */
export function introduceDrivers(
  ask: AskEngine,
  engine: EngineProcess = usualDocker,
  pace = usualPace,
): { end(): void } {
  let ended = false;
  let met: string | undefined;
  let tries = 0;
  let isLooking = false;
  const look = async () => {
    const life = await lifeOf(engine);
    if (life === undefined || ended) return;
    if (life !== met) tries = mostTries;
    met = life;
    if (tries === 0) return;
    tries -= 1;
    const answer = await ask('volumes', engine.socket, {}, pace.patience).catch(() => undefined);
    if (answer !== undefined) tries = 0;
  };
  const lookInTurn = async () => {
    if (isLooking) return;
    isLooking = true;
    await look();
    isLooking = false;
  };
  void lookInTurn();
  const timer = setInterval(() => void lookInTurn(), pace.look).unref();
  return {
    end() {
      clearInterval(timer);
      ended = true;
    },
  };
}
