import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {NullStore, type SessionError, type SessionOptions} from '../../source/index.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {makeToken} from '../helpers/http/tokens.ts';

// Rule 23.

/** What a path does to the session; all of it reads only. */
const reads: Readonly<Record<string, Route>> = {
	'/': ctx => void ctx.session['user'],
	'/keys': ctx => void Object.keys(ctx.session),
	'/save': ctx => ctx.session.save(),
	'/destroy': ctx => ctx.session.destroy(),
	'/null': ctx => void Object.assign(ctx, {session: null}),
	'/regenerate': ctx => ctx.session.regenerate(),
	'/update': ctx => ctx.session.update(() => undefined),
};

const writes: Readonly<Record<string, Route>> = {
	'/write': ctx => void Object.assign(ctx.session, {user: '5up3rs3cr3t'}),
	'/replace': ctx => void Object.assign(ctx, {session: {user: '5up3rs3cr3t'}}),
	'/subject': ctx => void Object.assign(ctx.session, {subject: '5up3rs3cr3t'}),
	'/write-save': ctx => Object.assign(ctx.session, {user: '5up3rs3cr3t'}).save(),
	'/write-update': ctx => ctx.session.update(session => Object.assign(session, {user: '5up3rs3cr3t'})),
	'/write-regenerate': ctx => Object.assign(ctx.session, {user: '5up3rs3cr3t'}).regenerate(),
};

const start = async (t: ExecutionContext, options: SessionOptions) => {
	const errors: SessionError[] = [];
	const {client} = await startApp(
		t,
		options,
		async ctx => {
			await {...reads, ...writes}[ctx.path]?.(ctx);
			ctx.body = JSON.stringify(ctx.session);
		},
		app => app.on('error', error => errors.push(error)),
	);
	return {client, errors};
};

const ways: Readonly<Record<string, SessionOptions>> = {
	'no store': {},
	'a `NullStore`': {store: new NullStore()},
	'`null:`': {store: 'null:'},
};

for (const [name, options] of Object.entries(ways)) {
	test(`${name}: reading gives an empty session, and costs nothing`, async t => {
		const {client, errors} = await start(t, options);
		for (const path of Object.keys(reads)) {
			const {status, body, setCookie} = await client().get(path);
			t.deepEqual({status, body, setCookie}, {status: 200, body: '{}', setCookie: []}, path);
		}

		const visitor = client();
		visitor.cookies.set('sid', makeToken({id: 'A'.repeat(43)}));
		const {body, setCookie} = await visitor.get('/');
		t.is(body, '{}');
		t.deepEqual(setCookie, [], 'a token of another time opens nothing, and is left alone');
		t.deepEqual(errors, []);
	});

	test(`${name}: writing throws an error that names the option to set`, async t => {
		const {client, errors} = await start(t, options);
		for (const path of Object.keys(writes)) {
			errors.length = 0;
			const {status, setCookie} = await client().get(path);
			t.deepEqual({status, setCookie}, {status: 500, setCookie: []}, path);
			const [error] = errors;
			t.is(error?.code, 'ERR_SESSION_NO_STORE', path);
			t.regex(error?.message ?? '', /Set the `store` option, for example to 'file:\.\/sessions' or to 'redis:\/\//);
			t.notRegex(String(error?.stack), /5up3rs3cr3t/);
		}
	});
}

test('a store that is `undefined` may be a variable that is not set, so a warning says so at start-up', async t => {
	const module = new URL('../../source/index.ts', import.meta.url).href;
	const warningOf = async (options: string): Promise<string> => {
		const program = `import session from '${module}'; session(${options});`;
		const {stderr} = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
		return stderr;
	};
	const [unset, absent] = await Promise.all([warningOf('{store: process.env.NO_SUCH_STORE}'), warningOf('{}')]);
	t.regex(unset, /KOA_SERVER_SESSION_NO_STORE.*The option `store` is `undefined`, so no session can be saved/);
	t.is(absent, '');
});
