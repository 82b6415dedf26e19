import {once} from 'node:events';
import {type AddressInfo, createServer} from 'node:net';
import {inspect} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {checkUrl} from '../../source/stores/open.ts';
import {listenToAll} from '../helpers/events/listen-to-all.ts';
import {startApp} from '../helpers/http/app.ts';
import {run} from '../helpers/processes/cli.ts';
import {connect, privateRedis} from '../helpers/stores/redis.ts';
import {mysqlUrl, postgresUrl} from '../helpers/stores/sql.ts';
import {freePort} from '../services/server.ts';

// What opens a store is in its URL, or in the environment. Whatever goes wrong, nobody is told it.

const password = '5up3rs3cr3t';
process.env['AWS_ACCESS_KEY_ID'] = 'AKIA5up3rs3cr3t';
process.env['AWS_SECRET_ACCESS_KEY'] = password;

/** A URL of each scheme that takes a password, or has one in the environment, for a server on a port. */
const urlsOf = (port: number): readonly string[] => [
	...['redis', 'rediss', 'redis+cluster', 'rediss+cluster'].map(
		scheme => `${scheme}://ada:${password}@127.0.0.1:${port}?connectTimeout=1000`,
	),
	`redis+sentinel://ada:${password}@127.0.0.1:${port}/mymaster`,
	`mongodb://ada:${password}@127.0.0.1:${port}/app?serverSelectionTimeoutMS=500`,
	`mongodb+srv://ada:${password}@127.0.0.1.invalid/app?serverSelectionTimeoutMS=500`,
	...['postgres', 'postgresql', 'mysql'].map(scheme => `${scheme}://ada:${password}@127.0.0.1:${port}/app`),
	`postgres://127.0.0.1:${port}/app?user=ada&password=${password}`,
	`dynamodb://eu-central-1/sessions?endpoint=http://127.0.0.1:${port}`,
];

/** Uses sessions on stores that can't be reached, and searches all that anybody is told about it. */
const assertTold = async (t: ExecutionContext, stores: readonly string[]): Promise<void> => {
	const {add, all} = listenToAll(t);
	const use = async (store: string): Promise<void> => {
		const {client} = await startApp(
			t,
			{store, storeTimeout: '8s'},
			ctx => Object.assign(ctx.session, {user: 'ada'}),
			app => app.on('error', error => add(error, inspect(error), JSON.stringify(error))),
		);
		const {status, body} = await client().get('/');
		add(body);
		t.is(status, 503, store.replace(password, '…'));
	};
	// At once, since most of them wait for a time-out.
	await Promise.all(stores.map(use));

	const said = all();
	t.regex(said, /ERR_SESSION_STORE/);
	const at = said.indexOf(password);
	t.is(at < 0 ? '' : said.slice(at - 300, at + 100), '');
};

test.serial('a server that is not there', async t => {
	await assertTold(t, urlsOf(await freePort()));
});

/** A server of another kind, which says what its client sent. */
const startParrot = async (t: ExecutionContext, greeting: string): Promise<number> => {
	const parrot = createServer(socket => {
		socket.on('error', () => {}).on('data', chunk => socket.end(chunk));
		socket.write(greeting);
	}).listen(0, '127.0.0.1');
	await once(parrot, 'listening');
	t.teardown(() => parrot.close());
	return (parrot.address() as AddressInfo).port;
};

test.serial('a server that speaks another protocol, and repeats what it was told', async t => {
	const ports = [await startParrot(t, ''), await startParrot(t, '-ERR what is this?\r\n')];
	await assertTold(
		t,
		ports.flatMap(urlsOf).filter(url => !url.startsWith('mongodb+srv')),
	);
});

/** A Redis that asks for a password. */
const startLocked = async (t: ExecutionContext, word: string): Promise<string> => {
	const {url} = await privateRedis(t);
	await connect(t, url).config('SET', 'requirepass', word);
	return url;
};

test.serial('a server that knows nobody of that name and password', async t => {
	const url = await startLocked(t, 'another');
	const login = `//ada:${password}@`;
	const servers = [url, await postgresUrl(), await mysqlUrl()];
	await assertTold(
		t,
		servers.map(server => server.replace(/\/\/(?:[^@/]*@)?/, login)),
	);
});

test.serial('a URL that is wrong', t => {
	// Of sentinels and clusters, the client library has no parameters; others take these for its own.
	const wrong = urlsOf(1).flatMap(url => [
		`${url}${url.includes('?') ? '&' : '?'}connectTimeout=${password}`,
		`${url}\0%`,
	]);
	const errors = wrong.flatMap(url => {
		try {
			checkUrl(url);
			return [];
		} catch (error) {
			return [inspect(error, {showHidden: true, depth: Number.POSITIVE_INFINITY})];
		}
	});
	t.true(errors.length > 10);
	for (const error of errors) t.false(error.includes(password), error);
});

test.serial('the command line', async t => {
	const url = await startLocked(t, password);
	const right = url.replace('//', `//:${password}@`);
	const lost = right.replace(/:\d+$/, `:${await freePort()}`);
	const commands = [
		['create-table'],
		['prune'],
		['inspect', `handle:${'A'.repeat(43)}`],
		['list', '--subject', 'ada'],
		['revoke', '--subject', 'ada'],
	];
	const calls = [
		...commands.map(command => [...command, '--store', right]),
		...commands.map(command => [...command, '--json', '--store', lost]),
		['migrate', '--from', right, '--to', lost],
		['migrate', '--json', '--from', lost, '--to', right],
	];
	for (const args of calls) {
		const {stdout, stderr} = await run(args);
		t.true(stdout.length + stderr.length > 0, args[0]);
		t.false(`${stdout}${stderr}`.includes(password), args[0]);
	}
});
