import { listField, textField } from '../../core/json.ts';
import type { ObservedCall } from '../../core/volume-event.ts';
import { catalogue, type MetricName, type Readings, type Sample } from './catalogue.ts';
import { createDurations, createTally } from './tally.ts';

/** Counts events as they happen: calls at their doors, everything else from the log. */
export interface Counts {
  call(call: ObservedCall): void;
  log(event: string, fields: Readonly<Record<string, unknown>>): void;
  readings(): Readings;
}

type Fields = Readonly<Record<string, unknown>>;

/** `now`: milliseconds of a clock that never goes back. */
export function createCounts(now: () => number): Counts {
  const calls = durations('holdfast_call_duration_seconds');
  const attaches = durations('holdfast_attach_duration_seconds');
  const detaches = durations('holdfast_detach_duration_seconds');
  const requests = durations('holdfast_ec2_request_duration_seconds');
  const errors = tally('holdfast_ec2_request_errors_total');
  const throttles = tally('holdfast_ec2_request_throttles_total');
  const dropped = tally('holdfast_holders_dropped_total');
  const unlisted = tally('holdfast_list_failures_total');
  const detaching = createWaits('holdfast_ec2_detach_pending_seconds', now);
  const troubles = createWaits('holdfast_server_trouble_seconds', now);

  const hear: Readonly<Record<string, (fields: Fields) => void>> = {
    'holder-dropped': (fields) => dropped.add(texts(fields, 'driver')),
    'list-failed': (fields) => unlisted.add(texts(fields, 'driver')),
    attached: (fields) => attaches.observe(texts(fields, 'driver'), secondsOf(fields)),
    detaching: (fields) => detaching.begin(texts(fields, 'driver', 'volume')),
    detached(fields) {
      detaching.end(texts(fields, 'driver', 'volume'));
      detaches.observe(texts(fields, 'driver'), secondsOf(fields));
    },
    'api-request'(fields) {
      const outcome = textField(fields, 'outcome');
      requests.observe(texts(fields, 'driver', 'action'), secondsOf(fields));
      if (outcome === 'throttled') throttles.add(texts(fields, 'driver', 'action'));
      if (outcome !== 'ok') errors.add(texts(fields, 'driver', 'action', 'outcome'));
    },
    reloaded(fields) {
      // If a problem still exists, the new driver with this name reports it again.
      for (const driver of [...textsOf(fields, 'changed'), ...textsOf(fields, 'removed')]) {
        troubles.forget(driver);
        detaching.forget(driver);
      }
    },
    'server-state'(fields) {
      const server = texts(fields, 'driver', 'server');
      if (isWell(textField(fields, 'state'))) troubles.end(server);
      else troubles.begin(server);
    },
  };

  return {
    call: ({ driver, verb, outcome, ms }) => calls.observe([driver, verb, outcome], ms / 1000),
    log: (event, fields) => (Object.hasOwn(hear, event) ? hear[event]?.(fields) : undefined),
    readings: () =>
      new Map<MetricName, readonly Sample[]>([
        ['holdfast_call_duration_seconds', calls.samples()],
        ['holdfast_attach_duration_seconds', attaches.samples()],
        ['holdfast_detach_duration_seconds', detaches.samples()],
        ['holdfast_ec2_request_duration_seconds', requests.samples()],
        ['holdfast_ec2_request_errors_total', errors.samples()],
        ['holdfast_ec2_request_throttles_total', throttles.samples()],
        ['holdfast_holders_dropped_total', dropped.samples()],
        ['holdfast_list_failures_total', unlisted.samples()],
        ['holdfast_ec2_detach_pending_seconds', detaching.samples()],
        ['holdfast_server_trouble_seconds', troubles.samples()],
      ]),
  };
}

/** A `slow` server answers too. */
export function isWell(state: string): boolean {
  return state === 'ok' || state === 'slow';
}

const durations = (name: MetricName) => createDurations(labelsOf(name));
const tally = (name: MetricName) => createTally(labelsOf(name));

function labelsOf(name: MetricName): readonly string[] {
  return catalogue.find((spec) => spec.name === name)?.labels ?? [];
}

/** Start times of what is still running. */
function createWaits(name: MetricName, now: () => number) {
  const since = new Map<string, { readonly values: readonly string[]; readonly at: number }>();
  const labels = labelsOf(name);
  return {
    begin(values: readonly string[]) {
      const key = values.join('\n');
      if (!since.has(key)) since.set(key, { values, at: now() });
    },
    end: (values: readonly string[]) => void since.delete(values.join('\n')),
    /** By the first label. */
    forget(driver: string) {
      for (const [key, { values }] of since) if (values[0] === driver) since.delete(key);
    },
    samples: (): readonly Sample[] =>
      Array.from(since.values(), ({ values, at }) => ({
        labels: Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ''])),
        value: (now() - at) / 1000,
      })),
  };
}

function texts(fields: Fields, ...keys: readonly string[]): readonly string[] {
  return keys.map((key) => textField(fields, key));
}

function textsOf(fields: Fields, key: string): readonly string[] {
  return listField(fields, key).map(String);
}

function secondsOf({ ms }: Fields): number {
  return typeof ms === 'number' ? ms / 1000 : 0;
}
