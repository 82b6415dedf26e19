import {randomUUID} from 'node:crypto';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {open} from '../../source/stores/open.ts';
import {handleOf, makeId} from '../../source/tokens/identifier.ts';
import {Client, type Route, startApp} from '../helpers/http/app.ts';
import {run, runJson, start} from '../helpers/processes/cli.ts';
import {all} from '../helpers/stores/all.ts';
import {keysOf} from '../helpers/stores/keys-of.ts';
import {memcachedUrl} from '../helpers/stores/memcached.ts';
import {redisUrl} from '../helpers/stores/redis.ts';
import {postgresUrl} from '../helpers/stores/sql.ts';
import {storesUnderTest, temporaryDirectory} from '../helpers/stores/stores.ts';

// An application moves to another store by the command line, and its visitors notice nothing.

const route: Route = async ctx => {
	const {session, path} = ctx;
	if (path === '/login') {
		await session.regenerate();
		Object.assign(session, {user: 'ada', since: new Date(0), subject: 'ada'});
	}
	if (path === '/regenerate') await session.regenerate();
	if (path === '/logout') await session.destroy();
	if (path === '/count') session['views'] = Number(session['views'] ?? 0) + 1;
	ctx.body = `${session['user'] ?? 'nobody'} ${session['views'] ?? 0} ${session['since'] instanceof Date}`;
};

/** The application on a store; `follow` gives a visitor's browser as it is after the application moved here. */
const startOn = async (t: ExecutionContext, store: string, prefix: string) => {
	const {sessions, client, port} = await startApp(t, {store, prefix}, route);
	return {
		sessions,
		async login() {
			const visitor = client();
			await visitor.get('/login');
			return visitor;
		},
		follow(visitor: Client) {
			const moved = new Client(port);
			for (const [name, value] of visitor.cookies) moved.cookies.set(name, value);
			return moved;
		},
	};
};

const newDatabase = async (t: ExecutionContext): Promise<string> =>
	`sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`;

/** Fills a store with sessions that nobody uses. */
const fill = async (
	t: ExecutionContext,
	url: string,
	count: number,
	{prefix = 'session:', size = 100}: {readonly prefix?: string; readonly size?: number} = {},
): Promise<void> => {
	const store = await open(url);
	t.teardown(() => store.close?.());
	const record = {bytes: Buffer.alloc(size, 1), expiresAt: Date.now() + 3_600_000, subject: 'ann'};
	for (let index = 0; index < count; index += 10) {
		await Promise.all(
			Array.from({length: 10}, (_, caller) =>
				store.create(prefix + handleOf(makeId()), {...record, expiresAt: record.expiresAt + index + caller}),
			),
		);
	}
};

test('from store to store, visitors stay logged in, and an old id stays dead', async t => {
	const prefix = `${randomUUID()}:`;
	const urls = storesUnderTest.filter(({url}) => url);
	const [first, ...others] = await Promise.all(urls.map(async ({name, url}) => ({name, url: (await url?.(t)) ?? ''})));
	// The last in the row, since it can't be a source.
	others.sort((left, right) => Number(left.name === 'memcached') - Number(right.name === 'memcached'));

	let at = first?.url ?? '';
	let app = await startOn(t, at, prefix);
	let visitor = await app.login();
	for (const {name, url} of others) {
		await visitor.get('/count');
		const old = visitor.fork();
		await visitor.get('/regenerate');

		const report = await runJson(['migrate', '--from', at, '--to', url, '--prefix', prefix]);
		t.true(report.copied >= 2, name);
		t.is(report.failed, 0);

		[app, at] = [await startOn(t, url, prefix), url];
		[visitor] = [app.follow(visitor)];
		const views = others.findIndex(other => other.name === name) + 1;
		t.is((await visitor.get('/')).body, `ada ${views} true`, name);
		const late = await app.follow(old).get('/');
		t.is(late.body, 'nobody 0 false');
		t.deepEqual(late.setCookie, [], 'a late answer to the old id leaves the cookie alone');
		if (name !== 'memcached') t.is((await all(app.sessions.list('ada'))).length, 1, name);
	}
	t.is(others.length, urls.length - 1);
});

test('an application that runs on in the meantime is followed by a second run', async t => {
	const prefix = `${randomUUID()}:`;
	const [from, to] = [await redisUrl(), await newDatabase(t)];
	const old = await startOn(t, from, prefix);
	const [leaver, counter, mover, idler] = [await old.login(), await old.login(), await old.login(), await old.login()];
	const args = ['migrate', '--from', from, '--to', to, '--prefix', prefix];
	t.like(await runJson(args), {copied: 4, failed: 0});

	const former = mover.fork();
	await leaver.get('/logout');
	await counter.get('/count');
	await mover.get('/regenerate');
	const newcomer = await old.login();

	const {code, stdout} = await run(args);
	t.is(code, 1, 'the target is not as the source is');
	t.regex(stdout, /^2 sessions {2}copied: .*\n1 session {3}present: .*\n2 sessions {2}different: .*`--mirror`/);
	const mirrored = await runJson([...args, '--mirror']);
	t.like(mirrored, {copied: 0, present: 3, different: 0, failed: 0});
	// The counter, the leaver, and what is left of the mover's old id: it ends after a minute, and is then deleted.
	t.is(mirrored.updated + mirrored.deleted, 3);
	t.like(await runJson([...args, '--mirror']), {copied: 0, updated: 0, different: 0, deleted: 0});

	const moved = await startOn(t, to, prefix);
	const bodies = [leaver, counter, mover, idler, newcomer, former].map(
		async visitor => (await moved.follow(visitor).get('/')).body,
	);
	t.deepEqual(await Promise.all(bodies), [
		'nobody 0 false',
		'ada 1 true',
		'ada 0 true',
		'ada 0 true',
		'ada 0 true',
		'nobody 0 false',
	]);
});

const halfWay = new URL('../helpers/processes/half-way.ts', import.meta.url).href;

for (const target of ['redis', 'sqlite'] as const) {
	test.serial(`killed half-way, it copies the rest when it is started again: to ${target}`, async t => {
		const prefix = `${randomUUID()}:`;
		const [count, held] = [1500, 800];
		const from = `file:${await temporaryDirectory(t)}`;
		await fill(t, from, count, {prefix});
		const to = target === 'redis' ? await redisUrl() : await newDatabase(t);
		const store = await open(to);
		t.teardown(() => store.close?.());
		const keys = async () => new Set(await keysOf(store.keys?.(prefix)));

		// It can't be through before it is killed, and may be writing at that moment.
		const {child, ended} = start(['migrate', '--from', from, '--to', to, '--prefix', prefix], {
			env: {NODE_OPTIONS: `--import=${halfWay}`, HALF_WAY: String(held)},
		});
		t.teardown(() => child.kill('SIGKILL'));
		while ((await keys()).size < 100) if (child.exitCode !== null) break;
		child.kill('SIGKILL');
		await ended;

		const report = await runJson(['migrate', '--from', from, '--to', to, '--prefix', prefix]);
		t.true(report.present >= 100 && report.present <= held, `${report.present} were there when it was killed`);
		t.like(report, {copied: count - report.present, different: 0, ended: 0, failed: 0});
		t.like(await runJson(['migrate', '--from', from, '--to', to, '--prefix', prefix]), {present: count, copied: 0});

		const source = await open(from);
		t.teardown(() => source.close?.());
		for (const key of await keys()) {
			const [ours, theirs] = await Promise.all([source.read(key), store.read(key)]);
			t.like(theirs, {expiresAt: ours?.expiresAt, subject: 'ann'});
			t.deepEqual(Buffer.from(theirs?.bytes ?? []), Buffer.from(ours?.bytes ?? []));
		}
	});
}

// MongoDB is asked for a thousand, DynamoDB gives a megabyte.
for (const [name, count, size] of [
	['mongodb', 1100, 10],
	['dynamodb', 30, 100_000],
] as const) {
	test(`more sessions than a store lists at once come over whole: ${name}`, async t => {
		const from = await newDatabase(t);
		await fill(t, from, count, {size});
		const to = (await storesUnderTest.find(store => store.name === name)?.url?.(t)) ?? '';
		t.like(await runJson(['migrate', '--from', from, '--to', to]), {copied: count, failed: 0});
		t.like(await runJson(['migrate', '--from', to, '--to', await newDatabase(t)]), {copied: count, failed: 0});
	});
}

test('what does not fit is named and counted, and the rest comes over', async t => {
	const [from, to] = [await newDatabase(t), await memcachedUrl()];
	const prefix = `${randomUUID()}:`;
	await fill(t, from, 20, {prefix});
	const store = await open(from);
	t.teardown(() => store.close?.());
	const handle = handleOf(makeId());
	await store.create(prefix + handle, {bytes: Buffer.alloc(2 ** 20, 1), expiresAt: Date.now() + 3_600_000});

	const {code, stdout, stderr} = await run(['migrate', '--from', from, '--to', to, '--prefix', prefix]);
	t.is(code, 1);
	t.regex(stdout, /^20 sessions {2}copied: written and verified\n1 session {4}failed: not copied\n$/);
	// A slow machine also prints how far it is, every ten seconds.
	const said = stderr.replaceAll(/^\d+ sessions?\n/gm, '');
	t.regex(said, new RegExp(`^${handle.slice(0, 8)}…: it has 1048576 bytes, but the target takes at most \\d+\\n$`));
	t.false(stderr.includes(handle));

	const again = await run(['migrate', '--from', from, '--to', to, '--prefix', prefix, '--json']);
	t.is(again.code, 1);
	t.is(again.stderr, '');
	t.like(JSON.parse(again.stdout), {present: 20, failed: 1, failures: [{session: handle.slice(0, 8)}]});
});

test('what can not be moved is refused before anything is done', async t => {
	const [database, memcached] = [await newDatabase(t), await memcachedUrl()];
	const wrong: [string, string, string, number, RegExp][] = [
		[memcached, database, '', 1, /^The source .* can't list/],
		[database, memcached, '--mirror', 1, /^The target .* can't list/],
		[database, database, '', 2, /to be different stores/],
		[database, 'memory:', '', 2, /outlives this command/],
		[database, 'sqlite::memory:', '', 2, /outlives this command/],
		[database, 'sqlite::memory:?table=own', '', 2, /outlives this command/],
		[database, 'nothing:', '', 2, /to begin with one of/],
		[database, `${await postgresUrl()}?table=no_such_table`, '', 1, /no table/],
	];
	for (const [from, to, option, expected, message] of wrong) {
		const {code, stdout, stderr} = await run(['migrate', '--from', from, '--to', to, ...(option ? [option] : [])]);
		t.is(code, expected, stderr);
		t.is(stdout, '');
		t.regex(stderr, message);
	}
	const nothing = await run(['migrate', '--from', 'env:FROM', '--to', await newDatabase(t)], {env: {FROM: database}});
	t.is(nothing.code, 0);
	t.regex(nothing.stdout, /^No sessions: no key begins with `session:`/);
});
