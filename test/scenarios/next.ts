import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {createInterface} from 'node:readline';
import {pathToFileURL} from 'node:url';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {readPage, replaced} from '../helpers/docs/page.ts';
import {Jar} from '../helpers/http/jar.ts';
import {runs} from '../helpers/runs.ts';
import {installFromNpm} from '../services/install.ts';
import {nextPackage} from '../services/needs.ts';

// The recipe for Next.js: built as its reader would, and driven as a browser without scripts would.

const root = join(import.meta.dirname, '../..');

const [, section = ''] = /^## Pages of Next\n([\s\S]*?)^## /m.exec(readPage('recipes.md')) ?? [];
const files = Object.fromEntries(
	[...section.matchAll(/`([\w./]+)`:\n\n```jsx?\n([\s\S]*?)```/g)].map(([, name = '', code = '']) => [name, code]),
);

test('the recipe names its files', t => {
	t.deepEqual(Object.keys(files), ['server.js', 'app/layout.js', 'app/page.js']);
});

/** Inside of the folder into which npm has installed Next, whose bundler follows no links out of its root. */
const makeProject = async (t: ExecutionContext): Promise<string> => {
	const next = await installFromNpm(nextPackage);
	if (!next) throw new Error('Expected npm to install Next.js');
	const project = await mkdtemp(join(dirname(dirname(next)), 'project-'));
	t.teardown(() => rm(project, {recursive: true}));

	const packages = join(project, 'node_modules');
	const ours = pathToFileURL(join(root, 'source/index.ts')).href;
	const written = {
		...files,
		'server.js': replaced(files['server.js'] ?? '', {
			'app.listen(3000)': "app.listen(0, '127.0.0.1', function () { console.log('port', this.address().port); })",
		}),
		'package.json': '{"type": "module"}',
		'next.config.js': "export default {turbopack: {root: import.meta.dirname + '/..'}};\n",
		'node_modules/koa-server-session/package.json': '{"type": "module", "exports": "./index.js"}',
		'node_modules/koa-server-session/index.js': `export * from '${ours}';\nexport {default} from '${ours}';\n`,
	};
	for (const [name, text] of Object.entries(written)) {
		await mkdir(dirname(join(project, name)), {recursive: true});
		await writeFile(join(project, name), text);
	}
	await symlink(join(root, 'node_modules/koa'), join(packages, 'koa'));
	return project;
};

const start = async (t: ExecutionContext): Promise<string> => {
	const cwd = await makeProject(t);
	const env = {...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1'};
	await promisify(execFile)(process.execPath, ['../node_modules/next/dist/bin/next', 'build'], {cwd, env});
	const child = spawn(process.execPath, ['server.js'], {cwd, env, stdio: ['ignore', 'pipe', 'inherit']});
	t.teardown(async () => {
		const ended = once(child, 'exit');
		child.kill();
		await ended;
	});
	for await (const line of createInterface({input: child.stdout})) {
		const [, port] = /^port (\d+)$/.exec(line) ?? [];
		if (port) return `http://127.0.0.1:${port}`;
	}
	throw new Error('Expected the server to start');
};

if (runs(false, true)) {
	test('pages of Next.js read the session, and their actions log in and out', async t => {
		t.timeout(600_000);
		const visitor = new Jar(await start(t));
		const greeting = async (jar: Jar) => /Hello (\w+)/.exec((await jar.text('/')).replaceAll(/<!--.*?-->/g, ''))?.[1];
		const press = async () => {
			const [, action = ''] = /name="(\$ACTION_ID_\w+)"/.exec(await visitor.text('/')) ?? [];
			const form = new FormData();
			form.set(action, '');
			return visitor.send('/', form, {origin: visitor.origin});
		};

		t.is(await greeting(visitor), 'stranger');
		t.is(visitor.cookie, '');
		await press();
		t.is(await greeting(visitor), 'ada');
		const copy = visitor.fork();
		await press();
		t.is(visitor.cookie, '', 'the cookie is cleared');
		t.is(await greeting(copy), 'stranger', 'the old id opens nothing');

		const [script = ''] = /\/_next\/static\/chunks\/[\w.-]+\.js/.exec(await visitor.text('/')) ?? [];
		const {status, headers} = await visitor.get(script);
		t.is(status, 200);
		t.notRegex(headers.get('vary') ?? '', /cookie/i);
	});
}
