import type { RequestListener } from 'node:http';
import type { Express, Response } from 'express';
import type { Health } from '../../backends/backend.ts';
import { quote } from '../../core/names.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import { httpStatus } from '../error-table.ts';
import { healthAnswer } from '../plugin/protocol.ts';
import { errorAnswer } from './answers.ts';
import { calls } from './protocol.ts';
import type { BriefReadyAnswer, DriverHealthAnswer, LiveAnswer, ReadyAnswer } from './shapes/drivers.ts';

/** The state of a configured driver. */
export interface DriverHealth {
  readonly driver: string;
  /** `recovering`: it answers, but calls for some volumes still wait for their recovery. */
  readonly state: 'ready' | 'recovering' | 'failed';
  /** Why it could not be opened. */
  readonly error?: unknown;
  /** Milliseconds until a driver that failed is opened again. */
  readonly retryInMs?: number;
  /** State of the storage's server when it was last asked. */
  readonly storage?: Health;
}

/** All configured drivers. Reads only memory: no answer waits for a disk or a server. */
export type ReadHealth = () => readonly DriverHealth[];

/**
 * For monitoring and for scripts that wait for the daemon. The status is the verdict: 200, or 503 with a body that says which
 * driver it is and why.
 */
export function addHealth(app: Express, read: ReadHealth): void {
  app.get(calls.live.path, (_, response) => say<LiveAnswer>(response, 200, { state: 'live' }));
  app.get(calls.ready.path, (_, response) => {
    const drivers = read();
    const isReady = drivers.every(({ state }) => state === 'ready');
    say<ReadyAnswer>(response, isReady ? 200 : 503, {
      state: isReady ? 'ready' : 'not-ready',
      drivers: drivers.map(driverHealthAnswer),
    });
  });
  app.get(calls.driverHealth.path, ({ params }, response) => {
    const asked = String(params.driver);
    const found = read().find(({ driver }) => driver === asked);
    if (found === undefined) {
      const error = new VolumeError('not-found', `There is no driver ${quote(asked)} in the configuration.`);
      say(response, httpStatus(error.code), { error: errorAnswer(error) });
    } else say(response, canServe(found) ? 200 : 503, driverHealthAnswer(found));
  });
}

/**
 * For callers without a token: whether the daemon is ready, and how many drivers are. Names and errors would describe the network
 * and its servers.
 */
export function createBriefReady(read: ReadHealth): RequestListener {
  return (_, response) => {
    const drivers = read();
    const ready = drivers.filter(({ state }) => state === 'ready').length;
    const isReady = ready === drivers.length;
    const answer: BriefReadyAnswer = {
      state: isReady ? 'ready' : 'not-ready',
      counts: { ready, configured: drivers.length },
    };
    const text = JSON.stringify(answer);
    response.writeHead(isReady ? 200 : 503, {
      'Cache-Control': 'no-store',
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(text),
    });
    response.end(text);
  };
}

/** The daemon is ready without the storage, because Get and List answer from memory; its driver is unhealthy. */
function canServe({ state, storage }: DriverHealth): boolean {
  return state === 'ready' && storage?.downSince === undefined;
}

function driverHealthAnswer({ driver, state, error, retryInMs, storage }: DriverHealth): DriverHealthAnswer {
  return {
    driver,
    state,
    ...(error === undefined ? {} : { error: errorAnswer(asVolumeError(error, 'The start failed')) }),
    ...(retryInMs === undefined ? {} : { retryInMs }),
    ...(storage === undefined ? {} : { storage: healthAnswer(storage) }),
  };
}

function say<T extends object>(response: Response, status: number, answer: T): void {
  response.status(status).set('Cache-Control', 'no-store').json(answer);
}
