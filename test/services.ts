import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';

// Where the servers of the tests come from: a variable, else a program, else a package, else a message that helps.

const shared = {
	REDIS_URL: 'sharedRedis',
	MEMCACHED_URL: 'sharedMemcached',
	MONGODB_URL: 'sharedMongo',
	POSTGRES_URL: 'sharedPostgres',
	MYSQL_URL: 'sharedMysql',
	DYNAMODB_URL: 'sharedDynamo',
};

/** Runs a program in another process, which finds nothing on its PATH. */
const evaluate = async (program: string, env: Readonly<Record<string, string>> = {}): Promise<unknown> => {
	const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
		cwd: join(import.meta.dirname, '..'),
		env: {PATH: '/nowhere', ...env},
	});
	return JSON.parse(stdout);
};

/** Asks in another process for servers: what each resolves with, or what it says. Nobody there may install anything. */
const ask = (functions: readonly string[], env: Readonly<Record<string, string>>): Promise<unknown> =>
	evaluate(
		// Another user in truth might have no access to the folder of these tests.
		`
		process.getuid = () => 65_534;
		const services = await Promise.all(['redis', 'memcached', 'mongodb', 'postgres', 'mysql', 'dynamodb', 'chromium'].map(
			name => import('./test/services/' + name + '.ts')));
		const all = Object.assign({}, ...services);
		const answers = [];
		for (const name of ${JSON.stringify(functions)}) {
			try { answers.push(await all[name]()); } catch (error) { answers.push(error.message); }
		}
		console.log(JSON.stringify(answers.map(answer => answer.url ?? answer)));`,
		env,
	);

test('a variable goes before any program', async t => {
	const urls = Object.fromEntries(Object.keys(shared).map(name => [name, `${name.toLowerCase()}://given`]));
	t.deepEqual(await ask(Object.values(shared), urls), Object.values(urls));
});

test('without a variable, a program and the right to install one, the run says what to do', async t => {
	// Two databases are also looked for where Debian puts them, and MongoDB's stand-in may be there from an earlier run.
	t.deepEqual(await ask(['sharedRedis', 'sharedMemcached', 'findChromium'], {}), [
		'Expected redis-server or valkey-server on the PATH. Install one of them (Debian: apt-get install redis-server), or set REDIS_URL to a server that the tests may use',
		'Expected memcached on the PATH. Install it (Debian: apt-get install memcached), or set MEMCACHED_URL to a server that the tests may use',
		'Expected chromium on the PATH. Install it (Debian: apt-get install chromium-headless-shell), or set TEST_CHROMIUM',
	]);
});

test('what is missing is known before it is installed', async t => {
	// On Debian as root, or as anybody else.
	const find = (user: number) =>
		evaluate(
			`process.getuid = () => ${user};
			const {findMissing} = await import('./test/services/install.ts');
			const {fromDebian, fromNpm} = findMissing();
			console.log(JSON.stringify([fromDebian, fromNpm.map(({name}) => name.replace(/^node-.*/, 'node'))]));`,
			{XDG_CACHE_HOME: '/nowhere'},
		) as Promise<[string[], string[]]>;

	const [fromDebian, fromNpm] = await find(0);
	// Two databases are also looked for where Debian puts them.
	for (const name of ['redis-server', 'memcached', 'chromium-headless-shell'])
		t.is(fromDebian.includes(name), existsSync('/etc/debian_version'), name);
	for (const name of ['vitest', 'better-sqlite3', 'node']) t.true(fromNpm.includes(name), name);
	t.deepEqual((await find(65_534))[0], []);
});
