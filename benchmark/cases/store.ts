import type {Codec, Envelope} from '../../source/codec.ts';
import {json} from '../../source/codecs/json.ts';
import {msgpack} from '../../source/codecs/msgpack.ts';
import type {Store} from '../../source/store.ts';
import {open} from '../../source/stores/open.ts';
import {type OperationFigures, type Rounds, takeTurns} from '../measure.ts';
import {type Benchmark, isAsked, type Plan} from '../plan.ts';
import {progressOf} from '../report/terminal.ts';
import type {Result} from '../results.ts';
import {sessions} from '../sample-sessions.ts';
import {quantile, ratioOf, spreadOf} from '../statistics.ts';
import {type Backend, backendOf, backends} from '../stores/backends.ts';
import type {BareClient} from '../stores/bare-clients.ts';
import {
	bytesOf,
	clientAlone,
	clientWithJson,
	type LifeFigures,
	live,
	type Operation,
	operations,
	type Sessions,
	storeAlone,
	storeWithCodec,
	verify,
} from '../stores/keepers.ts';
import {prepare} from '../stores/prepare.ts';

const codecs: Readonly<Record<string, Codec<Envelope>>> = {json: json(), msgpack: msgpack()};

const {session: first} = sessions[0];
const kept: Sessions = {first, changed: {...first, data: {...first.data, views: 13}}};

async function* run(plan: Plan): AsyncGenerator<Result> {
	const chosen = plan.urls.length > 0 ? plan.urls.map(backendOf) : backends;
	for (const backend of chosen) {
		const isWanted = (codec: string) => (operation: Operation) => isAsked(plan, titleOf(backend, operation, codec));
		const wanted = Object.keys(codecs).filter(codec => operations.some(isWanted(codec)));
		if (wanted.length === 0) continue;

		const server = await backend.start();
		const url = backend.at(server.url, 'benchmark');
		const [store, client] = await Promise.all([open(url), backend.openBare(url)]);
		try {
			await prepare(store);
			for (const codec of wanted) {
				const rounds = plan.isQuick ? 3 : 15;
				const results = await runCase(backend, {store, client}, codec, rounds);
				yield* operations.filter(isWanted(codec)).map(operation => results[operation]);
			}
		} finally {
			await Promise.all([store.close?.(), client.close()]);
			await server.stop();
		}
	}
}

const titleOf = ({name}: Backend, operation: Operation, codec: string): string => `${name} ${operation}, ${codec}`;

const ours = 'koa-server-session';
const alone = 'its store alone';

/** The fair rival: nobody stores a session without serialising it. */
const withJson = ({bare}: Backend): string => `${bare} with JSON`;

const runCase = async (
	backend: Backend,
	{store, client}: {store: Store; client: BareClient},
	name: string,
	rounds: number,
): Promise<Readonly<Record<Operation, Result>>> => {
	const codec = codecs[name] ?? json();
	const bytes = {first: bytesOf(codec, kept.first), changed: bytesOf(codec, kept.changed)};
	const keepers = {
		[ours]: storeWithCodec(store, codec, kept),
		[alone]: storeAlone(store, codec, kept),
		[backend.bare]: clientAlone(client, codec, kept),
		[withJson(backend)]: clientWithJson(client, kept),
	};
	for (const [title, keeper] of Object.entries(keepers))
		await verify(keeper, [ours, withJson(backend)].includes(title) ? kept : bytes);

	const contestants = Object.entries(keepers).map(
		([title, keeper]) => [title, () => live(keeper, backend.records)] as const,
	);
	const progress = progressOf(`store ${backend.name}, ${name}`, rounds);
	const figures = await takeTurns(Object.fromEntries(contestants), rounds, progress);
	return Object.fromEntries(
		operations.map(operation => [operation, toResult(backend, operation, name, figures, bytes.first.length)]),
	) as Record<Operation, Result>;
};

const toResult = (
	backend: Backend,
	operation: Operation,
	codec: string,
	figures: Rounds<LifeFigures>,
	bytes: number,
): Result => {
	const of = (name: string, figure: keyof OperationFigures) => (figures[name] ?? []).map(of => of[operation][figure]);
	return {
		benchmark: 'store',
		title: titleOf(backend, operation, codec),
		question: `How fast is it to serialise and ${operation}, compared with ${backend.bare}?`,
		unit: 'operations/s',
		measurements: Object.keys(figures).map(name => ({
			name,
			value: spreadOf(of(name, 'perSecond')),
			columns: {'p50, ms': quantile(of(name, 'p50'), 0.5), 'p99, ms': quantile(of(name, 'p99'), 0.5), bytes},
		})),
		comparisons: [
			{
				against: withJson(backend),
				value: ratioOf(of(ours, 'perSecond'), of(withJson(backend), 'perSecond')),
				// There is no client for the memory of this process.
				...(backend.name !== 'memory' && {limit: {atLeast: backend.target ?? 0.85}}),
			},
			{against: backend.bare, value: ratioOf(of(ours, 'perSecond'), of(backend.bare, 'perSecond'))},
			// In memory, the codec is most of the time.
			...(backend.name === 'memory'
				? [{against: alone, value: ratioOf(of(ours, 'perSecond'), of(alone, 'perSecond'))}]
				: []),
		],
	};
};

/** `npm run benchmark -- store`: throughput of store and codec, compared with the client library, which serialises too. */
export const store: Benchmark = {name: 'store', nodes: ['24'], run};
