import {type ChildProcess, execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, chown, cp, mkdir, readdir, readFile, symlink, writeFile} from 'node:fs/promises';
import {join, relative} from 'node:path';
import {createInterface} from 'node:readline';
import {pathToFileURL} from 'node:url';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import session from '../source/index.ts';
import {open} from '../source/stores/open.ts';
import {testKeys} from './helpers/http/app.ts';
import {Jar} from './helpers/http/jar.ts';
import {temporaryDirectory} from './helpers/stores/stores.ts';

// The steps of two Dockerfiles without Docker: as a user without rights, in a folder that nobody may write to.

const root = join(import.meta.dirname, '..');
const page = await readFile(join(root, 'docs/deploying.md'), 'utf8');

/** The first block of a language in the chapter on containers. */
const block = (language: string): string => {
	const [, chapter = ''] = page.split('\n## Containers\n');
	const [, code] = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(chapter) ?? [];
	if (code === undefined) throw new Error(`Expected a block of ${language} in docs/deploying.md`);
	return code;
};

/** The rests of the lines that begin with a word. */
const readDockerfile = (text: string) => {
	const steps = [...text.matchAll(/^([A-Z]+) (.*)$/gm)].map(([, word = '', rest = '']) => ({word, rest}));
	return (word: string): string[] => steps.filter(step => step.word === word).map(({rest}) => rest);
};

type Dockerfile = ReturnType<typeof readDockerfile>;

const ofExample = readDockerfile(await readFile(join(root, 'example/Dockerfile'), 'utf8'));
const ofPage = readDockerfile(block('dockerfile'));

test('the image installs the versions that the tests use, and only what the example imports', async t => {
	const {devDependencies} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
	const [install = ''] = ofExample('RUN');
	const packages = [...install.matchAll(/(@?[\w/-]+)@([\d.]+)/g)].map(([, name = '', version]) => [name, version]);
	t.true(packages.length > 8);
	for (const [name, version] of packages) t.is(devDependencies[name ?? ''], version, name);
});

/** Which paths of a folder Docker sends: the last line of a `.dockerignore` that names a path or a folder above it decides. */
const readDockerignore = (text: string) => {
	const rules = [...text.matchAll(/^(!?)([^#\s].*)$/gm)].map(([, not, pattern = '']) => ({
		isSent: not === '!',
		form: new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}(?:/|$)`),
	}));
	return (path: string): boolean => path === '' || (rules.findLast(({form}) => form.test(path))?.isSent ?? true);
};

test('the image gets the example and the library, and nothing that the example has kept', async t => {
	const isSent = readDockerignore(await readFile(join(root, '.dockerignore'), 'utf8'));
	for (const path of ['package.json', 'source/index.ts', 'example/server.ts', 'example/pages/layout.ts'])
		t.true(isSent(path), path);
	const server = await readFile(join(root, 'example/server.ts'), 'utf8');
	const [, folder = ''] = /const folder = join\(import\.meta\.dirname, '([^']+)'\)/.exec(server) ?? [];
	for (const path of [
		'.git/config',
		'.env',
		'node_modules/koa/package.json',
		`example/${folder}/keys`,
		`example/${folder}`,
	])
		t.false(isSent(path), path);
});

/** Nobody, where this process may choose. */
const user = process.getuid?.() === 0 ? {uid: 65_534, gid: 65_534} : {};

/** The arguments of a command for Node, as a Dockerfile writes it. */
const argumentsIn = (command: string): string[] => (JSON.parse(command) as string[]).slice(1);

/**
Copies what the Dockerfile copies, from a folder, and starts its command. The packages are those of the folder.
Variables add to those of the Dockerfile, and may name the volume `/data`.
*/
const start = async (
	t: ExecutionContext,
	of: Dockerfile,
	from: string,
	variables: Readonly<Record<string, string>>,
): Promise<{child: ChildProcess; url: string; data: string}> => {
	const isSent = readDockerignore(await readFile(join(from, '.dockerignore'), 'utf8'));
	const folder = await temporaryDirectory(t);
	const [app, data] = [join(folder, 'app'), join(folder, 'data')];
	await Promise.all([app, data].map(path => mkdir(path)));
	for (const paths of of('COPY').map(copy => copy.split(' '))) {
		const to = paths.pop() ?? '';
		for (const path of paths) {
			await cp(join(from, path), join(app, to.endsWith('/') ? path : to), {
				recursive: true,
				filter: each => isSent(relative(from, each)),
			});
		}
	}

	await symlink(join(from, 'node_modules'), join(app, 'node_modules'));
	const copied = (await readdir(app, {withFileTypes: true})).filter(entry => entry.isDirectory());
	const closed = [folder, app, ...copied.map(({name}) => join(app, name))];
	await Promise.all(closed.map(path => chmod(path, 0o555)));
	t.teardown(() => Promise.all(closed.map(path => chmod(path, 0o755))));
	if (user.uid) await chown(data, user.uid, user.gid);

	const args = argumentsIn(of('CMD').at(-1) ?? '[]');
	const settings = of('ENV').flatMap(line => line.split(' ').map(pair => pair.split('=') as [string, string]));
	const env = Object.fromEntries(
		[...settings, ...Object.entries(variables)].map(([name, value]) => [name, value.replace('/data', data)]),
	);
	const child = spawn(process.execPath, args, {cwd: app, env, ...user, stdio: ['ignore', 'pipe', 'pipe']});
	t.teardown(() => child.kill('SIGKILL'));
	let complaints = '';
	child.stderr.on('data', chunk => {
		complaints += chunk;
	});
	for await (const line of createInterface({input: child.stdout})) {
		const [, url] = /^Open (\S+)$/.exec(line) ?? [];
		if (url) return {child, url, data};
	}

	throw new Error(`Expected the application to start:\n${complaints}`);
};

const keepsSessionsUntilToldToEnd = async (t: ExecutionContext, {child, url}: {child: ChildProcess; url: string}) => {
	const visitor = new Jar(url);
	t.is((await visitor.get('/')).status, 200);
	t.regex(await visitor.text('/'), /\b2\b/, 'it counts views');
	const ended = once(child, 'exit');
	child.kill('SIGTERM');
	t.deepEqual(await ended, [0, null]);
};

test('the example runs without rights on a read-only folder, keeps sessions, and ends when it is told to', async t => {
	t.deepEqual(ofExample('USER'), ['node']);
	t.regex(ofExample('ENV').join(' '), /HOST=0\.0\.0\.0/);
	const started = await start(t, ofExample, root, {HOST: '127.0.0.1', PORT: '0'});

	const [, command = '[]'] = /CMD (.+)/.exec(ofExample('HEALTHCHECK').join()) ?? [];
	const check = argumentsIn(command).map(text => text.replace('http://127.0.0.1:3000', started.url));
	t.true(check.join().includes(started.url));
	await t.notThrowsAsync(promisify(execFile)(process.execPath, check), 'it is healthy');
	const stored = session({store: `file:${started.data}/sessions`, keys: testKeys});
	t.is(await stored.count(), 0, 'no session is stored for that');

	await keepsSessionsUntilToldToEnd(t, started);
	t.is(await stored.count(), 1);
});

/** The blocks of the services of a compose.yaml, by their names. */
const servicesOf = (text: string): Readonly<Record<string, string>> => {
	const [, services = ''] = /^services:\n((?: .*\n|\n)*)/m.exec(text) ?? [];
	const parts = services.split(/^ {2}(\S+):\n/m).slice(1);
	return Object.fromEntries(parts.flatMap((name, index) => (index % 2 ? [] : [[name, parts[index + 1] ?? '']])));
};

test("the example's compose.yaml has a profile for each store that keeps something in a server or a file", async t => {
	const compose = await readFile(join(root, 'example/compose.yaml'), 'utf8');
	const [, profiles = ''] = /^# Profiles: ([^.]+)\./m.exec(compose) ?? [];
	const services = servicesOf(compose);
	const applications = Object.keys(services).filter(name => name.startsWith('on-'));
	t.deepEqual(
		applications,
		profiles.split(', ').map(profile => `on-${profile}`),
	);

	const [ofFiles] = /(?<= STORE=)\S+/.exec(ofExample('ENV').join(' ')) ?? [];
	const started = new Set<string>();
	for (const name of applications) {
		const profile = name.slice(3);
		const text = services[name] ?? '';
		t.true(text.includes(`    profiles: [${profile}]\n`), name);
		const url = /^ +(?:environment: \{ )?STORE: "([^"]+)"/m.exec(text)?.[1] ?? ofFiles ?? '';
		started.add((await open(url)).constructor.name);
	}

	const readme = await readFile(join(root, 'README.md'), 'utf8');
	const inTable = [...readme.matchAll(/^\| `(\w+Store)\(/gm)].map(([, name = '']) => name);
	t.deepEqual(
		[...started].toSorted(),
		inTable.filter(name => !['NullStore', 'MemoryStore', 'fromExpressStore'].includes(name)).toSorted(),
	);

	const servers = servicesOf(await readFile(join(root, 'compose.yaml'), 'utf8'));
	t.deepEqual(
		Object.keys(services).filter(name => !name.startsWith('on-')),
		Object.keys(servers),
	);
	for (const name of Object.keys(servers))
		t.is(
			services[name]?.trim(),
			[
				`profiles: [${name}]`,
				`extends: { file: ../compose.yaml, service: ${name} }`,
				'ports: !reset [] # nobody else needs them, and they may be taken',
			].join('\n    '),
		);
});

test("the page's application runs in the same way", async t => {
	t.deepEqual(ofPage('USER'), ['node']);
	const context = await temporaryDirectory(t);
	const packages = join(context, 'node_modules');
	const ours = join(context, 'ours');
	await Promise.all([packages, ours].map(path => mkdir(path)));
	const opened = "server.once('listening', () => console.log('Open http://127.0.0.1:' + server.address().port));\n";
	const files = {
		'package.json': '{"type": "module"}',
		'package-lock.json': '{}',
		'.dockerignore': 'node_modules\n',
		'app.js': `${block('ts').replace('listen(3000)', 'listen(0)')}${opened}`,
		'ours/package.json': '{"name": "koa-server-session", "type": "module", "exports": "./index.js"}',
		'ours/index.js': `export {default} from '${pathToFileURL(join(root, 'source/index.ts'))}';\n`,
	};
	for (const [name, text] of Object.entries(files)) await writeFile(join(context, name), text);
	// A link, because Node runs no TypeScript inside `node_modules`.
	await symlink(ours, join(packages, 'koa-server-session'));
	await symlink(join(root, 'node_modules/koa'), join(packages, 'koa'));
	await chmod(context, 0o755);
	const keys = ['the-newest', 'the-one-before'].map(key => key.padEnd(32, '.'));
	const started = await start(t, ofPage, context, {KEYS: keys.join(' '), STORE: 'file:/data/sessions'});
	await keepsSessionsUntilToldToEnd(t, started);
});

test("the page's compose.yaml gives no rights, and agrees with its application and Dockerfile", t => {
	const compose = block('yaml');
	for (const line of ['read_only: true', 'cap_drop: [ALL]', 'security_opt: ["no-new-privileges:true"]'])
		t.true(compose.includes(`    ${line}\n`), line);
	const [port] = ofPage('EXPOSE');
	t.true(compose.includes(`ports: ["127.0.0.1:${port}:${port}"]`));
	t.true(block('ts').includes(`app.listen(${port})`));
	const variables = [...compose.matchAll(/^ {6}([A-Z]+): /gm)].map(([, name = '']) => name);
	t.true(block('ts').includes(`const {${variables.map(name => `${name} = ''`).join(', ')}} = process.env;`));
	const services = [...compose.matchAll(/^ {2}([a-z]+):\n {4}/gm)].map(([, name]) => name);
	t.deepEqual(services, ['app', /STORE: redis:\/\/(\w+):6379/.exec(compose)?.[1]]);
	const [, volume] = /volumes: \["(\w+):\/data"\]/.exec(compose) ?? [];
	t.regex(compose, new RegExp(`^volumes:\n {2}${volume}:$`, 'm'));
});
