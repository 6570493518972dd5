/** Paths of the admin application. */
export function volumePath(driver: string, name: string): string {
  return `/v1/volumes/${encodeURIComponent(driver)}/${encodeURIComponent(name)}`;
}

export function driverVolumesPath(driver: string): string {
  return `/v1/volumes/${encodeURIComponent(driver)}`;
}

export function removedPath(driver: string): string {
  return `/v1/removed/${encodeURIComponent(driver)}`;
}
