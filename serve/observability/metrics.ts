/** @file Prometheus metrics. Labels have few values by construction: routes, codes, and models that are served; never what a client made up. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ShadowReport } from '../engine/shadows.js';
import type { BatchReport } from '../batching/dispatcher.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Milliseconds between two looks at the delay of the event loop; Node tells the whole time between them, not what was too much. */
const DELAY_MS = 10;

/** What gauges read when they are asked. */
export interface Gauges {
  waitingRows(): number;
  heldRows(): number;
  heldBytes(): number;
  runningBatches(): number;
  /** Models that answered something else than their golden output when last asked. */
  failingModels(): number;
  /** Audits by state. */
  audits(): { readonly running: number; readonly queued: number };
}

/**
 * They balance: `requests_received_total` = Σ `requests_total` + `requests_in_flight`, and `inference_rows_total` = Σ of the histogram `batch_rows`
 * = rows that were computed and answered.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #delay = monitorEventLoopDelay({ resolution: DELAY_MS });
  readonly #received = this.#counter('requests_received_total', 'requests whose headers were read', []);
  readonly #finished = this.#counter('requests_total', 'requests that ended, by route, status and error code (ok where there is none)', [
    'route',
    'status',
    'code',
  ]);
  readonly #inFlight = this.#gauge('requests_in_flight', 'requests that have not ended');
  readonly #seconds = this.#histogram('request_seconds', 'time from the headers of a request to the end of its answer', ['route'], SECONDS);
  readonly #rows = this.#counter('inference_rows_total', 'rows (images or crops) that were computed', ['graph', 'lane']);
  readonly #batches = this.#counter('inference_batches_total', 'batches that were computed', ['graph', 'lane']);
  readonly #batchRows = this.#histogram('batch_rows', 'rows of a batch', ['graph'], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
  readonly #queue = this.#histogram('queue_seconds', 'time that work waited for a worker', ['lane'], SECONDS);
  readonly #run = this.#histogram('run_seconds', 'time that a batch took', ['graph'], SECONDS);
  readonly #dropped = this.#counter('work_dropped_total', 'work that was never run: its client had gone, or its time was over', ['reason']);
  readonly #reloads = this.#counter('model_changes_total', 'models that were opened, closed or refused while the server ran', ['change']);

  readonly #probes = this.#counter('probes_total', 'golden inputs that the server asked its models by itself, by whether the answers were right', ['result']);

  readonly #shadowRows = this.#counter('shadow_rows_total', 'rows that a shadow version was to see too, by what came of them', [
    'model',
    'shadow',
    'graph',
    'outcome',
  ]);
  readonly #shadowAgreeing = this.#counter('shadow_agreeing_rows_total', 'compared rows whose most probable class was the same', ['model', 'shadow']);
  readonly #shadowDifference = this.#histogram(
    'shadow_difference',
    'Euclidean difference of the answers of a version and its shadow, relative to the length of the first',
    ['model', 'shadow', 'graph'],
    [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.3, 1, 3],
  );

  constructor(process: { readonly engineStarts?: number } = {}) {
    collectDefaultMetrics({ register: this.registry, prefix: 'robenc_' });
    this.#delay.enable();
    const delay = this.#delay;
    const gauge = new Gauge({
      name: 'robenc_event_loop_delay_seconds',
      help: 'delay of the thread that speaks HTTP since the last reading',
      labelNames: ['quantile'],
      registers: [this.registry],
      collect() {
        for (const quantile of [50, 99, 100]) gauge.set({ quantile: String(quantile / 100) }, Math.max(0, delay.percentile(quantile) / 1e9 - DELAY_MS / 1e3));
        delay.reset();
      },
    });
    this.#gauge('engine_starts', 'processes that have computed for this server so far').set(process.engineStarts ?? 1);
  }

  /** Gauges that read the state of the server. */
  watch(gauges: Gauges): void {
    const read = (name: string, help: string, value: () => number) =>
      new Gauge({
        name: `robenc_${name}`,
        help,
        registers: [this.registry],
        collect() {
          this.set(value());
        },
      });
    read('queue_rows', 'rows that wait for a worker', () => gauges.waitingRows());
    read('admitted_rows', 'rows that are in the house, from admission to answer', () => gauges.heldRows());
    read('admitted_bytes', 'bytes of bodies that are in the house', () => gauges.heldBytes());
    read('audits_running', 'audits that run now', () => gauges.audits().running);
    read('audits_queued', 'audits that wait', () => gauges.audits().queued);
    read('failing_models', 'models that computed something else than they must when last asked', () => gauges.failingModels());
    read('running_batches', 'batches that run now', () => gauges.runningBatches());
  }

  requestReceived(): void {
    this.#received.inc();
    this.#inFlight.inc();
  }

  /** `route` is the name of a route, or `none`. */
  requestEnded(route: string, status: number, code: string, seconds: number): void {
    this.#inFlight.dec();
    this.#finished.inc({ route, status: String(status), code });
    this.#seconds.observe({ route }, seconds);
  }

  batchDone(graph: string, { rows, lane, waited, runMs }: BatchReport): void {
    this.#rows.inc({ graph, lane }, rows);
    this.#batches.inc({ graph, lane });
    this.#batchRows.observe({ graph }, rows);
    this.#run.observe({ graph }, runMs / 1000);
    for (const ms of waited) this.#queue.observe({ lane }, ms / 1000);
  }

  workDropped(reason: 'gone' | 'expired'): void {
    this.#dropped.inc({ reason });
  }

  probed(result: 'right' | 'wrong'): void {
    this.#probes.inc({ result });
  }

  shadowed({ model, shadow, graph, outcome, rows, agreeing, differences }: ShadowReport): void {
    this.#shadowRows.inc({ model, shadow, graph, outcome }, rows);
    if (graph === 'classifier') this.#shadowAgreeing.inc({ model, shadow }, agreeing);
    for (const difference of differences) this.#shadowDifference.observe({ model, shadow, graph }, difference);
  }

  modelChanged(change: 'opened' | 'closed' | 'refused'): void {
    this.#reloads.inc({ change });
  }

  close(): void {
    this.#delay.disable();
    this.registry.clear();
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `robenc_${name}`, help, labelNames, registers: [this.registry] });
  }
  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name: `robenc_${name}`, help, registers: [this.registry] });
  }
  #histogram(name: string, help: string, labelNames: string[], buckets: number[]): Histogram {
    return new Histogram({ name: `robenc_${name}`, help, labelNames, buckets, registers: [this.registry] });
  }
}
