export interface Network {
  /**
   * Connects by TCP, sends the request, and resolves with the answer once `isWhole` accepts it (with an empty request and answer:
   * once connected). Names are resolved each time, in a separate process. Rejects with the system's error (ECONNREFUSED,
   * EHOSTUNREACH, ENOTFOUND …), or ETIMEDOUT if the signal aborts.
   */
  ask(
    address: NetworkAddress,
    request: Uint8Array,
    isWhole: (answer: Uint8Array) => boolean,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
}

export interface NetworkAddress {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}
