import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {context, metrics, SpanStatusCode, trace} from '@opentelemetry/api';
import {AsyncLocalStorageContextManager} from '@opentelemetry/context-async-hooks';
import {
	AggregationTemporality,
	InMemoryMetricExporter,
	MeterProvider,
	PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {InMemorySpanExporter, SimpleSpanProcessor, TracerProvider} from '@opentelemetry/sdk-trace';
import test, {type ExecutionContext} from 'ava';
import type Koa from 'koa';
import {observe} from '../source/index.ts';
import {MemoryStore} from '../source/stores/memory.ts';
import {exampleOf, readPage, writeExamples} from './helpers/docs/page.ts';
import {eventNames} from './helpers/events/record-events.ts';
import {type Route, startApp} from './helpers/http/app.ts';
import {holdNext, watch} from './helpers/stores/watched-store.ts';

// The page on observability: its examples, run on real requests, and its table. Events are the whole process's.

const prometheus = exampleOf('observability.md', 'prom-client');
const openTelemetry = exampleOf('observability.md', 'getMeter');
const storeSpans = exampleOf('observability.md', 'tracingChannel');

const load = async <Exports>(t: ExecutionContext, code: string): Promise<Exports> => {
	const at = await writeExamples(t, {'example.ts': code});
	return import(pathToFileURL(at('example.ts')).href);
};

const route: Route = async ctx => {
	if (ctx.path === '/write') ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
	if (ctx.path === '/regenerate') await ctx.session.regenerate();
	if (ctx.path === '/destroy') await ctx.session.destroy();
	if (ctx.path === '/fail') {
		ctx.session['views'] = 99;
		ctx.throw(500);
	}

	ctx.body = String(ctx.session['views']);
};

/** Requests that cause the common events, and each once but for `create`. */
const visit = async (t: ExecutionContext, configure: (app: Koa) => void = () => undefined) => {
	const store = watch(new MemoryStore());
	const {client} = await startApp(t, {store}, route, configure);
	const visitor = client();
	for (const path of ['/write', '/write', '/fail', '/regenerate', '/destroy']) await visitor.get(path);
	await client().get('/', {headers: {cookie: 'sid=rubbish'}});
	return {store, client, visitor};
};

test.serial('the Prometheus example counts real requests, and shows them at /metrics', async t => {
	const {metrics: middleware} = await load<{metrics: Koa.Middleware}>(t, prometheus);
	const {client, store} = await visit(t, app => app.use(middleware));
	store.around = async () => {
		throw new Error('the disk is full');
	};
	const visitor = client();
	t.is((await visitor.get('/write')).status, 503);

	const {headers, body} = await client().get('/metrics');
	t.regex(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
	for (const [event, reason, count] of [
		['create', '', 2],
		['load', '', 4],
		['update', '', 1],
		['regenerate', '', 1],
		['destroy', '', 1],
		['lost', 'failed', 2],
		['refused', 'malformed', 1],
		['store-error', '', 1],
	] as const) {
		t.true(body.includes(`session_events_total{event="${event}",reason="${reason}"} ${count}\n`), `${event}\n${body}`);
	}

	t.regex(body, /^session_store_seconds_count\{operation="read"\} 4$/m);
	t.regex(body, /^session_store_seconds_count\{operation="update"\} 2$/m);
});

/** The SDK, with a middleware that makes a span for each request. */
const startTracing = (t: ExecutionContext) => {
	const spans = new InMemorySpanExporter();
	trace.setGlobalTracerProvider(new TracerProvider({spanProcessors: [new SimpleSpanProcessor({exporter: spans})]}));
	context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
	t.teardown(() => {
		trace.disable();
		context.disable();
	});
	const tracer = trace.getTracer('test');
	const inSpan: Koa.Middleware = (ctx, next) =>
		tracer.startActiveSpan(ctx.path, async span => {
			try {
				await next();
			} finally {
				span.end();
			}
		});
	return {spans, inSpan};
};

test.serial('the OpenTelemetry example counts, and marks the span of the request that it was', async t => {
	const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
	const reader = new PeriodicExportingMetricReader({exporter, exportIntervalMillis: 3_600_000});
	const meters = new MeterProvider({readers: [reader]});
	metrics.setGlobalMeterProvider(meters);
	t.teardown(() => metrics.disable());
	const {spans, inSpan} = startTracing(t);

	await load(t, openTelemetry);
	await visit(t, app => app.use(inSpan));

	const eventsOf = spans.getFinishedSpans().map(({name, events}) => [name, events.map(event => event.name)]);
	t.deepEqual(eventsOf, [
		['/write', ['session.create']],
		['/write', ['session.load', 'session.update']],
		['/fail', ['session.load', 'session.lost']],
		['/regenerate', ['session.load', 'session.create', 'session.regenerate']],
		['/destroy', ['session.load', 'session.destroy']],
		['/', ['session.refused']],
	]);
	t.deepEqual(spans.getFinishedSpans()[2]?.events[1]?.attributes, {reason: 'failed'});

	await meters.forceFlush();
	const exported = exporter.getMetrics().flatMap(({scopeMetrics}) => scopeMetrics.flatMap(({metrics}) => metrics));
	const pointsOf = (name: string) => exported.find(({descriptor}) => descriptor.name === name)?.dataPoints ?? [];
	const counts = pointsOf('session.events').map(({attributes, value}) => [attributes['event'], value]);
	t.like(Object.fromEntries(counts), {create: 2, load: 4, update: 1, lost: 1, refused: 1});
	t.deepEqual(
		pointsOf('session.store.duration')
			.map(({attributes, value}) => [attributes['operation'], (value as {count: number}).count])
			.toSorted(),
		[
			['create', 2],
			['delete', 1],
			['read', 4],
			['update', 2],
		],
	);
	await meters.shutdown();
});

test.serial(
	"the example for spans shows a request's store calls in its span, with the conflict of two requests",
	async t => {
		const {spans, inSpan} = startTracing(t);
		for (const example of [openTelemetry, storeSpans]) await load(t, example);
		const store = watch(new MemoryStore());
		const {client} = await startApp(
			t,
			{store},
			async ctx => {
				Object.assign(ctx.session, {subject: 'secret-subject', [ctx.path.slice(1)]: 'secret-data'});
				ctx.status = 204;
			},
			app => app.use(inSpan),
		);
		const visitor = client();
		await visitor.get('/new');
		const gate = holdNext(store, 'update');
		const slow = visitor.get('/slow');
		await gate.reached;
		await visitor.get('/fast');
		gate.open();
		await slow;
		store.around = async () => {
			throw new Error('the disk is full');
		};
		await visitor.get('/failing');

		const finished = spans.getFinishedSpans();
		const callsOf = (path: string) => {
			const request = finished.find(({name}) => name === path);
			return finished
				.filter(({parentSpanContext}) => parentSpanContext?.spanId === request?.spanContext().spanId)
				.map(({name, attributes, status}) => [name, attributes['session.result'] ?? status.code]);
		};
		t.deepEqual(callsOf('/new'), [['session create', 'done']]);
		t.deepEqual(callsOf('/fast'), [
			['session read', 'done'],
			['session update', 'done'],
		]);
		t.deepEqual(callsOf('/slow'), [
			['session read', 'done'],
			['session update', 'conflict'],
			['session read', 'done'],
			['session update', 'done'],
		]);
		t.deepEqual(callsOf('/failing'), [['session read', SpanStatusCode.ERROR]]);
		// Twice, if another test has loaded the example too.
		const slowEvents = new Set(finished.find(({name}) => name === '/slow')?.events.map(({name}) => name));
		t.deepEqual([...slowEvents], ['session.load', 'session.conflict', 'session.update']);

		const [id = '', signature = ''] = (visitor.cookies.get('sid') ?? '').split('.');
		const told = JSON.stringify(
			finished.map(({name, attributes, events, status}) => ({name, attributes, events, status})),
		);
		for (const secret of [id, signature, 'secret-data', 'secret-subject', 'the disk is full']) {
			t.true(secret.length > 0 && !told.includes(secret));
		}
	},
);

test.serial('a store call tells how long it took, be it answered or not, and only to those who listen', async t => {
	const {store, visitor} = await visit(t);
	const calls: {operation: string; duration: number; session: string}[] = [];
	const stop = observe('store-call', event => calls.push(event));
	await visitor.get('/write');
	store.around = async () => {
		throw new Error('the disk is full');
	};
	await visitor.get('/write');
	t.deepEqual(
		calls.map(({operation}) => operation),
		['create', 'read'],
	);
	for (const {duration, session} of calls) {
		t.true(duration > 0 && duration < 60_000);
		t.regex(session, /^[\w-]{8}$/);
	}

	stop();
	stop();
	await visitor.get('/write');
	t.is(calls.length, 2);
});

test.serial('a listener of `observe()` that throws or rejects hurts nobody, and a warning shows it', async t => {
	const warnings: string[] = [];
	const listener = ({message}: Error) => warnings.push(message);
	process.on('warning', listener);
	const {client} = await startApp(t, {store: new MemoryStore()}, route);
	const stops = [
		observe('create', () => {
			throw new Error('thrown');
		}),
		observe('create', async () => {
			throw new Error('rejected');
		}),
		observe('create', () => warnings.push('the next one hears it')),
	];
	t.teardown(() => {
		process.off('warning', listener);
		for (const stop of stops) stop();
	});

	const {status, body} = await client().get('/write');
	t.deepEqual([status, body], [200, '1']);
	t.deepEqual(warnings, ['the next one hears it', ...Array<string>(2).fill('A listener of the event `create` failed')]);
});

/** Fields of each event, as its type has them. */
const fieldsInSource = (): Record<string, string[]> => {
	const source = readFileSync(join(import.meta.dirname, '../source/events.ts'), 'utf8');
	const [, types = ''] = /export type SessionEvents = \{\n([\s\S]*?)\n\};/.exec(source) ?? [];
	return Object.fromEntries(
		[...types.matchAll(/^\t'?([a-z-]+)'?: (.+);$/gm)].map(([, name = '', type = '']) => [
			name,
			[...type.matchAll(/readonly (\w+)\??:/g)].map(([, field = '']) => field),
		]),
	);
};

test('the table of events names every event with its fields, and no other', t => {
	const rows = [...readPage('observability.md').matchAll(/^\| `([a-z-]+)` \| .+ \| (.*)\|$/gm)];
	const inPage = Object.fromEntries(
		rows.map(([, name = '', fields = '']) => [
			name,
			fields
				.split(';')
				.map(field => /^\s*`(\w+)`/.exec(field)?.[1])
				.filter(field => field !== undefined && field !== 'session'),
		]),
	);
	t.deepEqual(inPage, fieldsInSource());
	t.deepEqual(Object.keys(inPage), eventNames);
});
