import type { Socket } from 'node:net';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Log } from '../../core/log.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import { httpStatus } from '../error-table.ts';
import { metricsHandler, metricsPath, type ReadMetrics } from '../metrics.ts';
import { errorAnswer } from './answers.ts';
import { addHealth, type ReadHealth } from './health.ts';
import { addPage } from './page.ts';
import { reply } from './reply.ts';
import type { AdminRoute, Drivers } from './route.ts';
import { adminRoutes, type RouteParts } from './routes.ts';
import type { ErrorAnswer } from './shapes/common.ts';

export interface AdminParts extends RouteParts {
  /** The drivers for the caller at the other end of the connection. */
  driversFor(socket: Socket): Drivers;
  readonly metrics: ReadMetrics;
  readonly health: ReadHealth;
  readonly log: Log;
  /** The folder of the page in the browser; absent: there is none. */
  readonly page?: string | undefined;
}

/** The API for the `holdfast` command: JSON over the admin socket, which only root can open. */
export function createAdminApp(parts: AdminParts): Express {
  const { driversFor, metrics, health, log, page } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  for (const route of adminRoutes(parts)) {
    app[route.call.method](route.call.path, async (request: Request, response: Response) => {
      const started = performance.now();
      const answer = await route.answer(driversFor(request.socket), request, response);
      await reply(response, route.call.status ?? 200, answer);
      record(log, route, request, started);
    });
  }
  app.get(metricsPath, metricsHandler(metrics));
  addHealth(app, health);
  if (page !== undefined) addPage(app, page);
  app.use((request: Request) => {
    const message = `There is no ${request.method} ${request.path}: docs/reference/cli.md lists the calls.`;
    throw new VolumeError('not-found', message);
  });
  app.use((thrown: unknown, request: Request, response: Response, _next: NextFunction) => {
    const error = requestError(thrown);
    const answer: ErrorAnswer = { error: errorAnswer(error) };
    void reply(response, httpStatus(error.code), answer);
    // The answer to a query for something absent is not a failure.
    const level = request.method === 'GET' && error.code === 'not-found' ? 'debug' : 'warn';
    log.write(level, 'admin', { call: `${request.method} ${request.path}`, outcome: error.code, error });
  });
  return app;
}

/** Express itself refuses a path with a broken %-escape, by an error that has a status. */
function requestError(thrown: unknown): VolumeError {
  if (thrown instanceof URIError)
    return new VolumeError('invalid', 'The path is not well formed.', { cause: thrown });
  return asVolumeError(thrown, 'The request failed');
}

function record(log: Log, route: AdminRoute, request: Request, started: number): void {
  const level = route.call.method === 'get' ? 'debug' : 'info';
  if (!log.enabled(level)) return;
  const ms = Math.round((performance.now() - started) * 1000) / 1000;
  log.write(level, 'admin', { call: `${request.method} ${request.path}`, ms, outcome: 'ok' });
}
