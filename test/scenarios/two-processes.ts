import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {request} from '../helpers/http/app.ts';
import {redisUrl} from '../helpers/stores/redis.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';
import type {Act, Report} from '../histories/checker/history.ts';
import {readSetCookie} from '../histories/jar.ts';
import {ServerProcess} from '../histories/server-process.ts';

// What changes or ends the sessions of others, asked of two processes at once.

// A busy machine must not fail a test.
const processes = [0, 0].map(skew => new ServerProcess(skew, {storeTimeout: 30_000}));

test.after.always(() => {
	for (const server of processes) server.end();
});

const stores: Readonly<Record<string, (t: ExecutionContext) => Promise<string>>> = {
	sqlite: async t => `sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`,
	redis: redisUrl,
};

/** Two processes on one store, which are asked in turn. */
const start = async (url: string) => {
	const ports = [await processes[0]?.port(url), await processes[1]?.port(url)];
	const asked: (number | undefined)[] = [];
	const get = (path: string, headers: Readonly<Record<string, string>>) => {
		const port = ports[asked.length % 2];
		asked.push(port);
		return request(port ?? 0, path, {headers});
	};

	let acts = 0;

	/** Does one act. Resolves with what its route reports, and with the token that the client has afterwards. */
	const ask = async (act: Act, token?: string): Promise<Partial<Report> & {readonly token: string | undefined}> => {
		const asks = JSON.stringify({number: ++acts, act, way: 'plain'});
		const {body, setCookie} = await get('/', {'x-asks': asks, ...(token && {cookie: `sid=${token}`})});
		return {...JSON.parse(body), token: readSetCookie(setCookie, 'sid', 0).told ?? token};
	};

	/** Which of these tokens open a session. */
	const live = async (tokens: readonly (string | undefined)[]): Promise<(string | undefined)[]> => {
		const saw = await Promise.all(tokens.map(token => ask({do: 'read'}, token)));
		return tokens.filter((_, index) => saw[index]?.saw?.session !== undefined);
	};

	/** Whether both processes were asked. */
	const isShared = () => new Set(asked).size === 2;

	return {get, ask, live, isShared};
};

for (const [name, urlOf] of Object.entries(stores)) {
	test.serial(`${name}: changes from outside by two processes count once each, beside those of requests`, async t => {
		const {ask, isShared} = await start(await urlOf(t));
		const {token} = await ask({do: 'log in', user: `ada ${name}`});
		const acts = Array.from({length: 20}, () => [
			ask({do: 'increment outside'}, token),
			ask({do: 'increment'}, token),
			ask({do: 'write all', user: `ada ${name}`, field: 'a'}, token),
		]);
		const made = (await Promise.all(acts.flat())).flatMap(report => report.made ?? []);
		t.deepEqual(
			made.toSorted((one, other) => one - other),
			Array.from({length: 40}, (_, index) => index + 1),
		);
		t.like((await ask({do: 'read'}, token)).saw, {count: 40});
		t.true(isShared());
	});

	test.serial(`${name}: parallel logins by two processes leave exactly three sessions of a user`, async t => {
		const {ask, live, isShared} = await start(await urlOf(t));
		const logIns = Array.from({length: 12}, () => ask({do: 'log in', user: `eve ${name}`, keep: 3}));
		const tokens = (await Promise.all(logIns)).map(({token}) => token);
		t.is((await live(tokens)).length, 3);
		t.true(isShared());
	});
}

test.serial('two operators who end all sessions at once end each other, and each session once', async t => {
	// In a store of its own: they would end the sessions of other tests.
	const {get, ask, live, isShared} = await start(await (stores['sqlite'] ?? t.fail())(t));
	const begun = Array.from({length: 12}, () => ask({do: 'write', field: 'a'}));
	const tokens = (await Promise.all(begun)).map(({token}) => token);
	const operators = tokens.slice(0, 2).map(token => get('/end-all', {cookie: `sid=${token}`}));
	const ended = (await Promise.all(operators)).map(({body}) => Number(body));
	t.is(
		ended.reduce((sum, count) => sum + count, 0),
		12,
	);
	t.deepEqual(await live(tokens), []);
	t.true(isShared());
});
