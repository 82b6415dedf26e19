import {type ChildProcess, spawn} from 'node:child_process';
import {createHash, hkdfSync} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {pathToFileURL} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import type Koa from 'koa';
import {open} from '../../source/stores/open.ts';
import {exampleOf, replaced, writeExamples} from '../helpers/docs/page.ts';
import {Client, listen, type TestContext} from '../helpers/http/app.ts';
import {makeToken} from '../helpers/http/tokens.ts';
import {runJson} from '../helpers/processes/cli.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

// The steps of the page on rotating keys, with its program, in two processes on one store.

const root = join(import.meta.dirname, '../..');
const example = exampleOf('rotating-keys.md', 'SIGHUP');
const withKms = exampleOf('rotating-keys.md', 'fetchKeys');

const routes = `
import {observe} from 'koa-server-session';
observe('store-call', ({operation}) => console.log(operation));
observe('undecodable', () => console.log('undecodable'));
app.use(async ctx => {
	if (ctx.path === '/elsewhere') return void (ctx.body = 'elsewhere');
	if (ctx.path === '/login') {
		await ctx.session.regenerate();
		ctx.session.user = 'Ada';
	}
	ctx.body = String(ctx.session.user ?? 'nobody');
});
process.on('SIGHUP', () => console.log('reloaded'));
const server = app.listen(0, '127.0.0.1', () => console.log('listening', server.address().port));
`;

/** A process that runs the page's program: it says what it asks of its store, and what it can't read. */
class Machine {
	readonly #child: ChildProcess;
	#said: string[] = [];
	#wake = (): void => undefined;
	port = 0;

	constructor(t: ExecutionContext, directory: string) {
		this.#child = spawn(process.execPath, ['server.ts'], {cwd: directory, stdio: ['ignore', 'pipe', 'inherit']});
		t.teardown(() => this.#child.kill());
		if (!this.#child.stdout) return;
		createInterface({input: this.#child.stdout}).on('line', line => {
			this.#said.push(line);
			this.#wake();
		});
	}

	/** What it said up to a line that begins so. */
	async #until(beginning: string): Promise<string[]> {
		for (;;) {
			const end = this.#said.findIndex(line => line.startsWith(beginning));
			if (end >= 0) return this.#said.splice(0, end + 1);
			await new Promise<void>(resolve => {
				this.#wake = resolve;
			});
		}
	}

	async start(): Promise<this> {
		this.port = Number((await this.#until('listening')).at(-1)?.split(' ')[1]);
		return this;
	}

	/** Lets it read its keys again; gives what it said before. */
	async reload(): Promise<string[]> {
		this.#child.kill('SIGHUP');
		return (await this.#until('reloaded')).slice(0, -1);
	}

	/** What a visitor sees here, and what came with it. */
	async visit(visitor: Client, path = '/'): Promise<{readonly body: string; readonly isIssued: boolean}> {
		const here = visitor.fork(this.port);
		const {body, setCookie} = await here.get(path);
		for (const [name, value] of here.cookies) visitor.cookies.set(name, value);
		return {body, isIssued: setCookie.length > 0};
	}
}

const start = async (t: ExecutionContext) => {
	const directory = await temporaryDirectory(t);
	await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
	const program = `${example}${routes}`
		.replaceAll("'koa-server-session'", JSON.stringify(join(root, 'source/index.ts')))
		.replaceAll(/'koa-server-session\/(.*?)'/g, (_, path) => JSON.stringify(join(root, `source/${path}.ts`)));
	await writeFile(join(directory, 'package.json'), '{"type": "module"}');
	await writeFile(join(directory, 'server.ts'), program);

	const machines: Machine[] = [];
	const write = (signing: readonly string[], encryption: readonly string[], lineEnd = '\n') => {
		writeFileSync(join(directory, 'signing.keys'), signing.map(key => key + lineEnd).join(''));
		writeFileSync(join(directory, 'encryption.keys'), encryption.map(key => key + lineEnd).join(''));
	};
	const store = await open(`file:${join(directory, 'sessions')}`);
	return {
		write,
		async run() {
			for (let count = 0; count < 2; count++) machines.push(new Machine(t, directory));
			await Promise.all(machines.map(machine => machine.start()));
			return machines as unknown as readonly [Machine, Machine];
		},
		reload: () => Promise.all(machines.map(machine => machine.reload())),
		isSignedBy: (key: string, visitor: Client) => visitor.cookies.get('sid') === makeToken({id: idOf(visitor), key}),
		async isSealedBy(key: string, visitor: Client) {
			const hash = createHash('sha256').update(idOf(visitor)).digest('base64url');
			const bytes = Buffer.from((await store.read(`session:${hash}`))?.bytes ?? []);
			return bytes.subarray(2, 6).equals(Buffer.from(hkdfSync('sha256', key, '', 'koa-server-session key id', 4)));
		},
	};
};

const idOf = (visitor: Client): string => (visitor.cookies.get('sid') ?? '').split('.')[0] ?? '';

const newKeys = async (): Promise<readonly [string, string]> => {
	const [signing, encryption] = await Promise.all([runJson(['keygen']), runJson(['keygen'])]);
	return [signing.key, encryption.key];
};

test('both kinds of keys rotate on a live server, nobody notices, and all sessions end on purpose', async t => {
	const {write, run, reload, isSignedBy, isSealedBy} = await start(t);
	const [oldSigning, oldEncryption] = await newKeys();
	write([oldSigning], [oldEncryption]);
	const [one, other] = await run();
	const [visitor, sleeper, passer] = [new Client(0), new Client(0), new Client(0)];
	for (const each of [visitor, sleeper, passer]) t.is((await one.visit(each, '/login')).body, 'Ada');
	t.true(isSignedBy(oldSigning, visitor));
	t.true(await isSealedBy(oldEncryption, visitor));

	// 1. Make a key, of each kind. 2. Let every process know it.
	const [signing, encryption] = await newKeys();
	write([oldSigning, signing], [oldEncryption, encryption], '\r\n');
	await reload();
	for (const machine of [one, other]) t.deepEqual(await machine.visit(visitor), {body: 'Ada', isIssued: false});
	t.true(await isSealedBy(oldEncryption, visitor), 'nothing changes yet');

	// 3. Put it first in every process, one after the other.
	write([signing, oldSigning], [encryption, oldEncryption]);
	await one.reload();
	t.deepEqual(await one.visit(visitor), {body: 'Ada', isIssued: true});
	t.true(isSignedBy(signing, visitor));
	t.true(await isSealedBy(encryption, visitor));
	t.is((await other.visit(visitor)).body, 'Ada', 'also where it is not first yet');
	await other.reload();
	t.is((await other.visit(visitor)).body, 'Ada');
	await reload();
	t.deepEqual(await other.visit(visitor), {body: 'Ada', isIssued: false});
	t.deepEqual(await other.reload(), ['read'], 'each costs that once');
	t.true(isSignedBy(signing, visitor));
	t.true(await isSealedBy(encryption, visitor));
	t.deepEqual(await one.visit(passer, '/elsewhere'), {body: 'elsewhere', isIssued: true});
	t.true(await isSealedBy(oldEncryption, passer), 'whose requests never look at the session');

	// 5. Drop the old key.
	write([signing], [encryption]);
	await reload();
	for (const machine of [one, other]) t.deepEqual(await machine.visit(visitor), {body: 'Ada', isIssued: false});
	await reload();
	t.deepEqual(await one.visit(sleeper), {body: 'nobody', isIssued: false});
	t.deepEqual(await one.reload(), [], 'no store call');
	t.deepEqual(await one.visit(passer), {body: 'nobody', isIssued: false});
	t.deepEqual(await one.reload(), ['read', 'undecodable']);

	// Dropped too early, it is put back.
	write([signing, oldSigning], [encryption, oldEncryption]);
	await reload();
	for (const each of [sleeper, passer]) t.is((await one.visit(each)).body, 'Ada');

	// All sessions end on purpose.
	const [lastSigning, lastEncryption] = await newKeys();
	write([lastSigning], [lastEncryption]);
	await reload();
	for (const each of [visitor, sleeper, passer]) {
		for (const machine of [one, other]) t.deepEqual(await machine.visit(each), {body: 'nobody', isIssued: false});
	}
	t.deepEqual(await reload(), [[], []], 'no store call');
	t.deepEqual(await one.visit(visitor, '/login'), {body: 'Ada', isIssued: true});
	t.true(await isSealedBy(lastEncryption, visitor));
});

test('keys that a key service holds rotate too, and outlive its outage', async t => {
	const directory = await temporaryDirectory(t);
	const [[oldSigning, oldEncryption], [signing, encryption]] = await Promise.all([newKeys(), newKeys()]);
	const service: {answer: (name: string) => Promise<string[]>} = {
		answer: async name => [name === 'session-signing' ? oldSigning : oldEncryption],
	};
	const code = replaced(withKms, {"'redis://127.0.0.1:6379'": `'file:${directory}'`, '300_000': '5'});
	const at = await writeExamples(t, {
		'kms.ts': 'export const fetchKeys = name => fetchKeys.service.answer(name);',
		'app.ts': `${code}export {app};`,
	});
	const {fetchKeys} = await import(pathToFileURL(at('kms.ts')).href);
	fetchKeys.service = service;
	const {app}: {app: Koa} = await import(pathToFileURL(at('app.ts')).href);
	app.silent = true;
	app.use(ctx => {
		const {session} = ctx as unknown as TestContext;
		session['views'] = Number(session['views'] ?? 0) + 1;
		ctx.body = String(session['views']);
	});
	const visitor = new Client(await listen(t, app));
	t.is((await visitor.get('/')).body, '1');

	const [failed] = await new Promise<unknown[]>(resolve => {
		app.on('error', (...error) => resolve(error));
		service.answer = async () => {
			throw new Error('The key service is down');
		};
	});
	t.regex(String(failed), /The key service is down/);
	t.is((await visitor.get('/')).body, '2', 'the last keys still work');

	service.answer = async name => (name === 'session-signing' ? [signing, oldSigning] : [encryption, oldEncryption]);
	const isMoved = () => visitor.cookies.get('sid') === makeToken({id: idOf(visitor), key: signing});
	for (let views = 3; !isMoved(); views++) t.is((await visitor.get('/')).body, String(views));
});
