/** @file Traces for OpenTelemetry: one span for each request and one for what it waited and computed, sent to a collector; nothing where none is named. */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span, type TextMapGetter, type Tracer } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { IncomingMessage } from 'node:http';
import { version } from '@robenc/shared/version.js';
import type { Exchange } from '../http/exchange.js';

/** How a request ended. */
export interface Ended {
  readonly method: string;
  readonly status: number;
  readonly exchange: Exchange;
}

/** Spans of requests, sent to a collector of OpenTelemetry. */
export class Tracing {
  readonly #provider: BasicTracerProvider;
  readonly #tracer: Tracer;
  readonly #propagator = new W3CTraceContextPropagator();

  /** `endpoint` is the address of a collector, such as `http://localhost:4318`; spans go to its `/v1/traces`. */
  constructor(endpoint: string) {
    const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
    this.#provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'robenc', 'service.version': version }),
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
    this.#tracer = this.#provider.getTracer('robenc');
  }

  /** Begins the span of a request, below that of its sender where the header `traceparent` names one. */
  begin({ headers }: IncomingMessage): Span {
    const getter: TextMapGetter<IncomingMessage['headers']> = { get: (carrier, key) => carrier[key], keys: (carrier) => Object.keys(carrier) };
    const parent = this.#propagator.extract(ROOT_CONTEXT, headers, getter);
    return this.#tracer.startSpan('request', { kind: SpanKind.SERVER }, parent);
  }

  /** Ends it, with what is known of the request by then; no payload is in it. */
  end(span: Span, { method, status, exchange }: Ended): void {
    const { report, model, match, id, images, errorCode } = exchange;
    const route = match?.route.path;
    span.updateName(route === undefined ? method : `${method} ${route}`);
    span.setAttributes({
      'http.request.method': method,
      'http.response.status_code': status,
      'robenc.request_id': id,
      ...(route === undefined ? {} : { 'http.route': route }),
      ...(model === null ? {} : { 'robenc.model': model.id, 'robenc.model_digest': model.digest, 'robenc.device': model.device }),
      ...(images > 0 ? { 'robenc.images': images } : {}),
      ...(errorCode === null ? {} : { 'error.type': errorCode }),
    });
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    if (report.batch > 0) this.#compute(span, report);
    span.end();
  }

  /** Sends what waits. */
  async close(): Promise<void> {
    await this.#provider.shutdown().catch(() => undefined);
  }

  /** What the request waited for a worker and computed, as spans that end with it: their times are known afterwards only. */
  #compute(span: Span, { queueMs, runMs, batch, batchRows }: Exchange['report']): void {
    const below = trace.setSpan(ROOT_CONTEXT, span);
    const now = Date.now();
    const attributes = { 'robenc.batch': batch, 'robenc.batch_rows': batchRows };
    this.#tracer.startSpan('queue', { startTime: now - runMs - queueMs }, below).end(now - runMs);
    this.#tracer.startSpan('run', { startTime: now - runMs, attributes }, below).end(now);
  }
}
