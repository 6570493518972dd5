import type { BackendDefinition } from './definition.ts';

/** Every backend by its name in the configuration. Loaded only when a driver is configured with it. */
export const backends: Readonly<Record<string, () => Promise<BackendDefinition>>> = {
  ebs: async () => (await import('./ebs/definition.ts')).ebsBackend,
  glusterfs: async () => (await import('./glusterfs/definition.ts')).glusterfsBackend,
  local: async () => (await import('./local/definition.ts')).localBackend,
  nfs: async () => (await import('./nfs/definition.ts')).nfsBackend,
};
