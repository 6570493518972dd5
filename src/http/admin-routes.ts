import { asVolumeError } from '../core/volume-error.ts';
import type { VolumeDriver } from '../driver/volume-driver.ts';
import { driverAnswer, type RecoveryAnswer } from './admin-protocol.ts';
import { type AdminRoute, type Drivers, volumeRoutes } from './admin-volume-routes.ts';

interface RouteParts {
  readonly drivers: Drivers;
  readonly version: string;
}

export function adminRoutes({ drivers, version }: RouteParts): readonly AdminRoute[] {
  return [
    { method: 'get', path: '/v1/version', answer: async () => ({ version, pid: process.pid }) },
    {
      method: 'get',
      path: '/v1/drivers',
      answer: async () => ({ drivers: [...drivers.values()].map(driverAnswer) }),
    },
    ...volumeRoutes(drivers),
    {
      method: 'get',
      path: '/v1/recovery',
      answer: () => recovery(drivers, (driver) => driver.planRecovery()),
    },
    { method: 'post', path: '/v1/recovery', answer: () => recovery(drivers, (driver) => driver.recover()) },
  ];
}

/** A driver that fails is told of, and stops no other. */
async function recovery(
  drivers: Drivers,
  act: (driver: VolumeDriver) => Promise<RecoveryAnswer['steps']>,
): Promise<{ readonly drivers: readonly RecoveryAnswer[] }> {
  const answers = [...drivers.values()].map(async (driver): Promise<RecoveryAnswer> => {
    try {
      return { driver: driver.name, steps: await act(driver) };
    } catch (thrown) {
      const { code, message } = asVolumeError(thrown, 'Recovery failed');
      return { driver: driver.name, steps: [], error: { code, message } };
    }
  });
  return { drivers: await Promise.all(answers) };
}
