import type { Request, Response } from 'express';

/** Text for a monitoring system, in its own format. Rejects if it cannot be made. */
export type ReadMetrics = () => Promise<{ readonly contentType: string; readonly text: string }>;

export const metricsPath = '/metrics';

/** For any application that serves them. */
export function metricsHandler(read: ReadMetrics): (request: Request, response: Response) => Promise<void> {
  return async (_, response) => {
    const { contentType, text } = await read();
    if (response.destroyed) return;
    response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text) });
    response.end(text);
  };
}
