import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, chown, cp, mkdir, readFile, symlink} from 'node:fs/promises';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import test, {type ExecutionContext} from 'ava';
import {Jar} from './helpers/http/jar.ts';
import {temporaryDirectory} from './helpers/stores/stores.ts';

// The steps of the example's Dockerfile without Docker: as a user without rights, in a folder that nobody may write to.

const root = join(import.meta.dirname, '..');
const dockerfile = await readFile(join(root, 'example/Dockerfile'), 'utf8');
const steps = [...dockerfile.matchAll(/^([A-Z]+) (.*)$/gm)].map(([, word = '', rest = '']) => ({word, rest}));
const of = (word: string): string[] => steps.filter(step => step.word === word).map(({rest}) => rest);

test('the image installs the versions that the tests use, and only what the example imports', async t => {
	const {devDependencies} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
	const [install = ''] = of('RUN');
	const packages = [...install.matchAll(/(@?[\w/-]+)@([\d.]+)/g)].map(([, name = '', version]) => [name, version]);
	t.true(packages.length > 8);
	for (const [name, version] of packages) t.is(devDependencies[name ?? ''], version, name);
});

/** Nobody, where this process may choose. */
const user = process.getuid?.() === 0 ? {uid: 65_534, gid: 65_534} : {};

const start = async (t: ExecutionContext): Promise<{child: ChildProcess; url: string}> => {
	const folder = await temporaryDirectory(t);
	const [app, data] = [join(folder, 'app'), join(folder, 'data')];
	await Promise.all([app, data].map(path => mkdir(path)));
	for (const copy of of('COPY')) {
		const [from = '', to = ''] = copy.split(' ');
		await cp(join(root, from), join(app, to.endsWith('/') ? from : to), {
			recursive: true,
			filter: path => !path.includes('.sessions'),
		});
	}

	await symlink(join(root, 'node_modules'), join(app, 'node_modules'));
	await Promise.all([folder, app, join(app, 'example')].map(path => chmod(path, 0o555)));
	t.teardown(() => Promise.all([folder, app, join(app, 'example')].map(path => chmod(path, 0o755))));
	if (user.uid) await chown(data, user.uid, user.gid);

	const [[, ...args]] = [JSON.parse(of('CMD').at(-1) ?? '[]') as string[]];
	const settings = Object.fromEntries(
		of('ENV').flatMap(line => line.split(' ').map(pair => pair.split('=') as [string, string])),
	);
	const env = {
		...settings,
		KEYS: settings['KEYS']?.replace('/data', data),
		STORE: settings['STORE']?.replace('/data', data),
		HOST: '127.0.0.1',
		PORT: '0',
	};
	const child = spawn(process.execPath, args, {cwd: app, env, ...user, stdio: ['ignore', 'pipe', 'pipe']});
	t.teardown(() => child.kill('SIGKILL'));
	let complaints = '';
	child.stderr.on('data', chunk => {
		complaints += chunk;
	});
	for await (const line of createInterface({input: child.stdout})) {
		const [, url] = /^Open (\S+)$/.exec(line) ?? [];
		if (url) return {child, url};
	}

	throw new Error(`Expected the example to start:\n${complaints}`);
};

test('the example runs without rights on a read-only folder, keeps sessions, and ends when it is told to', async t => {
	t.deepEqual(of('USER'), ['node']);
	t.is(
		of('ENV')
			.join(' ')
			.match(/HOST=(\S+)/)?.[1],
		'0.0.0.0',
	);
	const {child, url} = await start(t);
	const visitor = new Jar(url);
	t.is((await visitor.get('/')).status, 200);
	t.regex(await visitor.text('/'), /\b2\b/, 'it counts views');
	const ended = once(child, 'exit');
	child.kill('SIGTERM');
	t.deepEqual(await ended, [0, null]);
});
