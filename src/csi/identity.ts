import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { answering } from './call.ts';
import type { CsiParts } from './parts.ts';
import { boundTo } from './topology.ts';

export function identityService(parts: CsiParts): UntypedServiceImplementation {
  const call = { driver: parts.driverName, log: parts.log };
  return {
    GetPluginInfo: answering(call, 'GetPluginInfo', () => ({
      name: parts.pluginName,
      vendor_version: parts.version,
    })),
    GetPluginCapabilities: answering(call, 'GetPluginCapabilities', () => ({
      capabilities: [
        ...servicesOf(parts).map((type) => ({ service: { type } })),
        ...(parts.driver().offers.growth ? [{ volume_expansion: { type: 'ONLINE' } }] : []),
      ],
    })),
    Probe: answering(call, 'Probe', () => ({ ready: { value: isOpen(parts) } })),
  };
}

function servicesOf(parts: CsiParts): readonly string[] {
  const isBound = boundTo(parts.driver()) !== undefined;
  return [
    ...(parts.mode === 'node' ? [] : ['CONTROLLER_SERVICE']),
    ...(isBound ? ['VOLUME_ACCESSIBILITY_CONSTRAINTS'] : []),
  ];
}

function isOpen(parts: CsiParts): boolean {
  try {
    parts.driver();
    return true;
  } catch {
    return false;
  }
}
