import type { Configuration } from '../config/configuration.ts';
import type { Problem } from '../config/problem.ts';
import type { Finding } from '../core/finding.ts';
import type { Json } from '../core/json.ts';
import type { AskEngine } from '../engines/questions.ts';
import type { Engine } from '../engines/usual-engines.ts';
import type { System } from './system.ts';

/** One check. Its name has a heading in docs/operations/doctor.md. */
export interface Check {
  readonly name: string;
  /** Changes nothing. If it rejects, it could not run: the reason is reported, and the other checks continue. */
  run(patient: Patient): Promise<readonly Finding[]>;
}

/** The machine that is checked. */
export interface Patient {
  readonly configuration: Configuration;
  /** Warnings about it. */
  readonly warnings: readonly Problem[];
  readonly system: System;
  readonly daemon: DaemonSeen;
  /** Those whose sockets exist; Docker only while it runs. */
  readonly engines: readonly Engine[];
  readonly ask: AskEngine;
  /** The version of this command. */
  readonly version: string;
  /** Each driver's storage: asked by the daemon, or by this process if no daemon runs. */
  diagnose(signal: AbortSignal): Promise<readonly StorageSeen[]>;
}

export interface StorageSeen {
  readonly driver: string;
  readonly findings: readonly Finding[];
}

/** The daemon behind its admin socket. */
export interface DaemonSeen {
  /** The socket that was tried. */
  readonly socket: string;
  readonly isUp: boolean;
  /** `GET path`; rejects while it is down. */
  ask(path: string): Promise<Json>;
}

/** The roots of drivers that keep their volumes on this host. */
export function rootsOf({ drivers }: Configuration): readonly string[] {
  return [...drivers.values()].flatMap(({ settings }) => settings.needs.directory?.path ?? []);
}

/** The names for engines: of drivers with storage, and of joint drivers. */
export function driverNames({ drivers, joints }: Configuration): readonly string[] {
  return [...drivers.keys(), ...joints.keys()];
}
