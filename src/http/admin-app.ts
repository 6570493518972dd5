import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Log } from '../core/log.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { ErrorAnswer } from './admin-protocol.ts';
import { adminRoutes } from './admin-routes.ts';
import type { AdminRoute, Drivers } from './admin-volume-routes.ts';
import { httpStatus } from './error-table.ts';

export interface AdminParts {
  readonly drivers: Drivers;
  readonly version: string;
  readonly log: Log;
}

/** What the `holdfast` command asks of the daemon: JSON over the admin socket, which only root opens. */
export function createAdminApp({ drivers, version, log }: AdminParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  for (const route of adminRoutes({ drivers, version })) {
    app[route.method](route.path, async (request: Request, response: Response) => {
      const started = performance.now();
      const answer = await route.answer(request, response);
      reply(response, route.status ?? 200, answer);
      record(log, route, request, started);
    });
  }
  app.use((request: Request) => {
    const message = `There is no ${request.method} ${request.path}: docs/reference/cli.md lists what there is.`;
    throw new VolumeError('not-found', message);
  });
  app.use((thrown: unknown, request: Request, response: Response, _next: NextFunction) => {
    const error = requestError(thrown);
    const answer: ErrorAnswer = { error: { code: error.code, message: error.message } };
    reply(response, httpStatus(error.code), answer);
    // Looking for what is not there is an answer, no failure.
    const level = request.method === 'GET' && error.code === 'not-found' ? 'debug' : 'warn';
    log.write(level, 'admin', { call: `${request.method} ${request.path}`, outcome: error.code, error });
  });
  return app;
}

function reply(response: Response, status: number, answer: object): void {
  if (!response.headersSent && !response.destroyed) response.status(status).json(answer);
}

/** Express itself refuses a path with a broken %-escape, by an error that has a status. */
function requestError(thrown: unknown): VolumeError {
  if (thrown instanceof URIError)
    return new VolumeError('invalid', 'The path is not well formed.', { cause: thrown });
  return asVolumeError(thrown, 'The request failed');
}

function record(log: Log, route: AdminRoute, request: Request, started: number): void {
  const level = route.method === 'get' ? 'debug' : 'info';
  if (!log.enabled(level)) return;
  const ms = Math.round((performance.now() - started) * 1000) / 1000;
  log.write(level, 'admin', { call: `${request.method} ${request.path}`, ms, outcome: 'ok' });
}
