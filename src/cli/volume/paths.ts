/** Paths of the admin API. */
export function volumePath(driver: string, name: string): string {
  return `/v1/volumes/${encodeURIComponent(driver)}/${encodeURIComponent(name)}`;
}

export function driverVolumesPath(driver: string): string {
  return `/v1/volumes/${encodeURIComponent(driver)}`;
}

export function dryRunPath(driver: string): string {
  return `/v1/dry-runs/${encodeURIComponent(driver)}`;
}

export function removedPath(driver: string): string {
  return `/v1/removed/${encodeURIComponent(driver)}`;
}

export function unusedPath(driver: string): string {
  return `/v1/unused/${encodeURIComponent(driver)}`;
}
