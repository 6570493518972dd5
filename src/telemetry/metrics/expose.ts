import { setImmediate as otherWork } from 'node:timers/promises';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { catalogue, type MetricSpec, type Readings, type Sample } from './catalogue.ts';

const kinds = { gauge: Gauge, counter: Counter, histogram: Histogram };

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** Readings in Prometheus' own format. Only this file loads prom-client: import it lazily (`await import`). */
export async function expose(readings: Readings): Promise<Exposition> {
  const registry = new Registry();
  const texts: string[] = [];
  for (const spec of catalogue) {
    await addMetric(registry, spec, readings.get(spec.name) ?? []);
    texts.push(await registry.getSingleMetricAsString(spec.name));
    // A metric of a thousand volumes takes some milliseconds: waiting calls go first.
    await otherWork();
  }
  return { contentType: registry.contentType, text: `${texts.join('\n\n')}\n` };
}

/**
 * The values were counted elsewhere, so the registered metric returns them unchanged. A gauge is used for all types, because
 * prom-client's histogram does not use `get`.
 */
async function addMetric(
  registry: Registry,
  { name, type, help, labels }: MetricSpec,
  samples: readonly Sample[],
): Promise<void> {
  const own = { name, help, labelNames: [...labels] };
  const described = await new kinds[type]({ ...own, registers: [] }).get();
  const carrier = new Gauge({ ...own, registers: [registry] });
  const values = samples.map(({ suffix = '', labels, value }) => ({
    metricName: `${name}${suffix}`,
    labels,
    value,
  }));
  carrier.get = async () => ({ ...described, values });
}
