import {execFile} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {runs} from './helpers/runs.ts';
import type {Outcome, Plan} from './helpers/runtimes/program.ts';
import {newTableUrl} from './helpers/stores/dynamodb.ts';
import {patient, privateMemcached} from './helpers/stores/memcached.ts';
import {collectionUrl, standInErrs} from './helpers/stores/mongodb.ts';
import {redisUrl} from './helpers/stores/redis.ts';
import {tableUrl} from './helpers/stores/sql.ts';
import {storesUnderTest, temporaryDirectory} from './helpers/stores/stores.ts';
import {installFromNpm} from './services/install.ts';
import {npmPackages} from './services/needs.ts';

// Bun and Deno: chosen scenarios, and the contract of stores as far as it concerns one process. The README says what holds.

const here = import.meta.dirname;
const program = join(here, 'helpers/runtimes/program.ts');
const shim = join(here, 'helpers/runtimes/ava.ts');

/** How each runtime is told to find our `ava`, and what it runs. */
const runtimes = {
	Bun: {
		wanted: npmPackages.bun,
		command: 'bin/bun',
		args: async (t: ExecutionContext) => {
			const config = join(await temporaryDirectory(t), 'tsconfig.json');
			await writeFile(config, JSON.stringify({compilerOptions: {paths: {ava: [shim]}}}));
			return ['--tsconfig-override', config];
		},
	},
	Deno: {
		wanted: npmPackages.deno,
		command: 'deno',
		args: async (t: ExecutionContext) => {
			const imports = join(await temporaryDirectory(t), 'imports.json');
			await writeFile(imports, JSON.stringify({imports: {ava: shim}}));
			return ['run', '--allow-all', '--no-check', '--no-lock', `--import-map=${imports}`];
		},
	},
};

/** Stores that the whole contract runs on. The others are slower, so a short run does every operation once. */
const whole = runs(
	['memory', 'filesystem', 'redis', 'memcached', 'sqlite'],
	storesUnderTest.map(({name}) => name),
);

/** What a runtime runs. Each has places of its own, because cases of two at once would meet. */
const plan = async (t: ExecutionContext): Promise<Plan> => {
	const urls = {
		memory: 'memory:',
		filesystem: `file:${await temporaryDirectory(t)}`,
		redis: `${await redisUrl()}?keyPrefix=${randomUUID()}:&connectTimeout=30000&commandTimeout=30000`,
		memcached: patient((await privateMemcached(t)).url),
		mongodb: await collectionUrl(),
		postgres: await tableUrl(t, 'postgres'),
		mysql: await tableUrl(t, 'mysql'),
		sqlite: `sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`,
		dynamodb: await newTableUrl(),
	};
	t.deepEqual(
		Object.keys(urls),
		storesUnderTest.map(({name}) => name),
	);
	return {
		scenarios: ['issuing', 'parallel', 'update', 'key-rotation', 'failing-handlers', 'redirects'],
		on: runs(['memory'], ['memory', 'redis']),
		stores: Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, {url, isWhole: whole.includes(name)}])),
	};
};

for (const [name, {wanted, command, args}] of Object.entries(runtimes)) {
	// Both at the same time: they wait more than they work.
	test(`thirty scenarios hold on ${name}, and the contract of stores: whole on ${whole.join(', ')}`, async t => {
		t.timeout(300_000);
		const folder = await installFromNpm(wanted);
		if (!folder) return t.fail(`Expected npm to install ${wanted.name}`);

		const {stdout} = await promisify(execFile)(
			join(folder, command),
			[...(await args(t)), program, JSON.stringify(await plan(t))],
			{
				cwd: join(here, '..'),
				maxBuffer: 2 ** 24,
				env: {
					...process.env,
					AWS_ACCESS_KEY_ID: 'local',
					AWS_SECRET_ACCESS_KEY: 'local',
					DO_NOT_TRACK: '1',
					DENO_NO_UPDATE_CHECK: '1',
				},
			},
		);
		const {passed, failed}: Outcome = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
		const {[`mongodb: ${standInErrs.errsIn}`]: _, ...faults} = failed;
		t.deepEqual(faults, {});
		const scenarios = passed.filter(title => /^[\w-]+: (?:memory|redis): /.test(title));
		t.true(scenarios.length >= 30, `${scenarios.length} scenarios`);
		for (const {name} of storesUnderTest)
			t.true(
				passed.some(title => title.startsWith(`${name}: `)),
				name,
			);
		t.log(`${name}: ${passed.length} passed, ${scenarios.length} of them scenarios`);
	});
}

test('the README says which versions were tried', t => {
	const readme = readFileSync(join(here, '../README.md'), 'utf8');
	for (const [name, {wanted}] of Object.entries(runtimes)) t.true(readme.includes(`${name} ${wanted.version}`), name);
});
