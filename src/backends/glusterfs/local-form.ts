import { shareForm } from '../shared/network-share/share-form.ts';
import type { ReadLocalForm } from '../shared/options/local-form.ts';

/** A Gluster volume in the form of Docker's `local` driver: `type=glusterfs`, `device=gluster1:/gv0`. */
export const readGlusterForm: ReadLocalForm = (form, isOption) =>
  shareForm(form, isOption, ['glusterfs', 'fuse.glusterfs'], []);
