import {createRequire} from 'node:module';
import {context, trace} from '@opentelemetry/api';
import {AsyncLocalStorageContextManager} from '@opentelemetry/context-async-hooks';
import {AwsInstrumentation} from '@opentelemetry/instrumentation-aws-sdk';
import {IORedisInstrumentation} from '@opentelemetry/instrumentation-ioredis';
import {MongoDBInstrumentation} from '@opentelemetry/instrumentation-mongodb';
import {MySQL2Instrumentation} from '@opentelemetry/instrumentation-mysql2';
import {PgInstrumentation} from '@opentelemetry/instrumentation-pg';
import {RedisInstrumentation} from '@opentelemetry/instrumentation-redis';
import {InMemorySpanExporter, SimpleSpanProcessor, TracerProvider} from '@opentelemetry/sdk-trace';

/** The spans of this process so far. */
export const spans: InMemorySpanExporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new TracerProvider({spanProcessors: [new SimpleSpanProcessor({exporter: spans})]}));
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

export const mysql: MySQL2Instrumentation = new MySQL2Instrumentation({maskStatement: true});

/** OpenTelemetry's instrumentation of each client, with the settings that the page on observability asks for. */
export const instrumentations = [
	new IORedisInstrumentation({requireParentSpan: false}),
	new RedisInstrumentation(),
	new PgInstrumentation(),
	new MongoDBInstrumentation(),
	new AwsInstrumentation(),
	mysql,
];

// They change what is required from now on.
const require = createRequire(import.meta.url);
for (const name of ['ioredis', 'redis', 'pg', 'mongodb', 'mysql2', '@aws-sdk/client-dynamodb']) require(name);
