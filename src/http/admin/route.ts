import type { Request, Response } from 'express';
import type * as z from 'zod/mini';
import { parseVolumeName, type VolumeName } from '../../core/names.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import type { Call } from './call.ts';
import { driverNamed } from './requests.ts';

export type Drivers = ReadonlyMap<string, VolumeDriver>;

/** A call and what answers it. */
export interface AdminRoute {
  readonly call: Call;
  /** `drivers`: as the caller sees them. */
  answer(drivers: Drivers, request: Request, response: Response): Promise<unknown>;
}

/** The type of the answer is checked against the call's schema. */
export function route<Answer extends z.ZodMiniType>(
  call: Call<Answer>,
  answer: (drivers: Drivers, request: Request, response: Response) => Promise<z.output<Answer>>,
): AdminRoute {
  return { call, answer };
}

/** The volume that a path names, and its driver. */
export function target(
  drivers: Drivers,
  { params }: Request,
): { readonly driver: VolumeDriver; readonly name: VolumeName } {
  return { driver: driverNamed(drivers, String(params.driver)), name: parseVolumeName(params.name) };
}
