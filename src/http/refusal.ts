import type { RequestListener } from 'node:http';
import type { VolumeError } from '../core/volume-error.ts';
import { httpStatus } from './error-table.ts';
import { errorAnswer } from './plugin/protocol.ts';

interface Refused {
  reason(): VolumeError;
  /** The driver is gone, and not only for now: its List is answered, with no volumes. */
  isRemoved(): boolean;
}

/**
 * Answers every call with the reason, even Activate. For the socket of a driver that is not open: an engine has no deadline for
 * Activate, and would wait forever; for a missing socket it waits 15 s at each call. It lists the volumes of all drivers that it ever
 * used, so a removed one has none: an error would be shown with every list.
 */
export function createRefusal({ reason, isRemoved }: Refused): RequestListener {
  return (request, response) => {
    request.resume();
    const error = reason();
    const isList = request.url === '/VolumeDriver.List' && isRemoved();
    response.writeHead(isList ? 200 : httpStatus(error.code), { 'Content-Type': 'application/json' });
    response.end(isList ? noVolumes : errorAnswer(error));
  };
}

const noVolumes = '{"Volumes":[]}';
