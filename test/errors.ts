import {STATUS_CODES} from 'node:http';
import {pathToFileURL} from 'node:url';
import test from 'ava';
import type Koa from 'koa';
import {SessionError, type SessionErrorCode} from '../source/index.ts';
import {MemoryStore} from '../source/stores/memory.ts';
import {exampleOf, readPage, writeExamples} from './helpers/docs/page.ts';
import {startApp} from './helpers/http/app.ts';
import {watch} from './helpers/stores/watched-store.ts';

const codes = Object.keys({
	ERR_SESSION_STORE: 1,
	ERR_SESSION_STORE_TIMEOUT: 1,
	ERR_SESSION_CONFLICT: 1,
	ERR_SESSION_DESTROYED: 1,
	ERR_SESSION_UNPROVEN: 1,
	ERR_SESSION_TOO_LARGE: 1,
	ERR_SESSION_NOT_ENCODABLE: 1,
	ERR_SESSION_UNDECODABLE: 1,
	ERR_SESSION_RESERVED: 1,
	ERR_SESSION_READ_ONLY: 1,
	ERR_SESSION_NO_KEYS: 1,
	ERR_SESSION_NO_STORE: 1,
	ERR_SESSION_DUPLICATE: 1,
	ERR_SESSION_UNSUPPORTED: 1,
	ERR_SESSION_STORE_URL: 1,
} satisfies Record<SessionErrorCode, 1>) as SessionErrorCode[];

/** The sections of the page, by the code in their headings. */
const sections = new Map(
	[...readPage('errors.md').matchAll(/^### `(\w+)`\n\n([\s\S]*?)(?=\n##|$(?![\s\S]))/gm)].map(
		([, code = '', text = '']) => [code, text],
	),
);

test('the page on errors has a section on every code, with its status and what a client sees', t => {
	t.deepEqual([...sections.keys()].toSorted(), codes.toSorted());
	for (const code of codes) {
		const {status, expose} = new SessionError(code, '');
		const [, stated, seen] = /^Status (\d+); (.+)\.\n/.exec(sections.get(code) ?? '') ?? [];
		t.is(Number(stated), status, code);
		const answer = expose ? 'a client sees the message' : `a client sees \`${STATUS_CODES[status]}\``;
		t.is(seen, code === 'ERR_SESSION_UNDECODABLE' ? 'no client sees it' : answer, code);
		t.regex(sections.get(code) ?? '', /\*\*When\*\*[\s\S]+\*\*Do\*\*/, code);
	}
});

test('what a client sees is what the page says, with its example and without', async t => {
	const code = exampleOf('errors.md', 'SessionError');
	const at = await writeExamples(t, {'example.ts': code});
	const {sessionErrors} = (await import(pathToFileURL(at('example.ts')).href)) as {sessionErrors: Koa.Middleware};
	for (const configure of [undefined, (app: Koa) => void app.use(sessionErrors)]) {
		const store = watch(new MemoryStore());
		const errors: unknown[] = [];
		const {app, client} = await startApp(
			t,
			{store},
			async ({path, session}) => {
				if (path === '/gone') {
					await session.destroy();
					await session.update(() => undefined);
				}

				session['views'] = path === '/odd' ? () => 1 : 1;
			},
			configure,
		);
		app.on('error', error => errors.push((error as SessionError).code));
		const answers = [];
		for (const path of ['/gone', '/odd', '/down']) {
			if (path === '/down') {
				store.around = async () => {
					throw new Error('the disk is full');
				};
			}

			const {status, headers, body} = await client().get(path);
			answers.push([status, headers['retry-after'], body]);
		}

		const [[conflict, , message], ...others] = answers as [[number, string, string], ...unknown[]];
		t.is(conflict, 409);
		if (configure) t.is(message, 'Please try again.');
		else t.regex(message, /^The session was ended or got a new id, /);
		t.deepEqual(
			others,
			configure
				? [
						[500, undefined, 'Something went wrong here.'],
						[503, '5', 'Please try again.'],
					]
				: [
						[500, undefined, 'Internal Server Error'],
						[503, undefined, 'Service Unavailable'],
					],
		);
		t.deepEqual(
			errors.filter(code => code !== 'ERR_SESSION_DESTROYED'),
			['ERR_SESSION_NOT_ENCODABLE', 'ERR_SESSION_STORE'],
		);
	}
});
