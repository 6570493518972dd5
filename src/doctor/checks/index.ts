import type { Check } from '../check.ts';
import { bootCheck } from './boot.ts';
import { clockCheck } from './clock.ts';
import { configurationCheck } from './configuration.ts';
import { containersCheck } from './containers.ts';
import { daemonCheck } from './daemon.ts';
import { directoriesCheck } from './directories.ts';
import { engineNamesCheck } from './engine-names.ts';
import { enginesCheck } from './engines.ts';
import { helpersCheck } from './helpers.ts';
import { mountRootCheck } from './mount-root.ts';
import { mountsCheck } from './mounts.ts';
import { podmanCheck } from './podman.ts';
import { requiredMountsCheck } from './required-mounts.ts';
import { shadowedVolumesCheck } from './shadowed-volumes.ts';
import { socketsCheck } from './sockets.ts';
import { spaceCheck } from './space.ts';
import { stateCheck } from './state.ts';
import { storageCheck } from './storage.ts';

/** In the order of the report. */
export const checks: readonly Check[] = [
  configurationCheck,
  daemonCheck,
  socketsCheck,
  bootCheck,
  directoriesCheck,
  stateCheck,
  spaceCheck,
  clockCheck,
  helpersCheck,
  requiredMountsCheck,
  mountRootCheck,
  mountsCheck,
  storageCheck,
  enginesCheck,
  podmanCheck,
  engineNamesCheck,
  shadowedVolumesCheck,
  containersCheck,
];
