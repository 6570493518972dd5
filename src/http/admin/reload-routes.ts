import { calls } from './protocol.ts';
import { type AdminRoute, route } from './route.ts';
import type { ReloadAnswer } from './shapes/daemon.ts';

/**
 * Applies a changed configuration. If it rejects with `invalid` or `conflict`, nothing has changed. Single drivers that were refused are
 * in the answer.
 */
export type Reload = () => Promise<ReloadAnswer>;

export function reloadRoutes(reload: Reload, foresee: Reload): readonly AdminRoute[] {
  return [route(calls.reloadPlan, () => foresee()), route(calls.reload, () => reload())];
}
