/**
`npm test`: every check that a change must pass, one after the other. Its last line is `N passed, N failed`.

`npm run ava -- test/session.ts` (that is, `--only ava test/session.ts`) runs one step; the rest goes to its command.
*/
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {stripVTControlCharacters} from 'node:util';
import {findChromium} from './services/chromium.ts';
import {sharedDynamo} from './services/dynamodb.ts';
import {sharedMemcached} from './services/memcached.ts';
import {sharedMongo} from './services/mongodb.ts';
import {sharedMysql} from './services/mysql.ts';
import {sharedPostgres} from './services/postgres.ts';
import {sharedRedis} from './services/redis.ts';
import type {Server} from './services/server.ts';

type Counts = {readonly passed: number; readonly failed: number};
type Step = (options: readonly string[]) => Promise<Counts>;

/** A step that is one check: a command that succeeds or doesn't. */
const command =
	(name: string, ...args: readonly string[]): Step =>
	async options => {
		const [code] = await once(spawn(name, [...args, ...options], {stdio: ['ignore', 'inherit', 'inherit']}), 'close');
		return code === 0 ? {passed: 1, failed: 0} : {passed: 0, failed: 1};
	};

/** A server that tests share. Its note says what the run's summary must not hide, as that it is a stand-in. */
type SharedServer = Pick<Server, 'url' | 'stop'> & {readonly note?: string};

/** The servers that tests share, by the variable that tells where they are. */
const sharedServers: Readonly<Record<string, () => Promise<SharedServer>>> = {
	TEST_REDIS_URL: sharedRedis,
	TEST_MEMCACHED_URL: sharedMemcached,
	TEST_MONGODB_URL: sharedMongo,
	TEST_POSTGRES_URL: sharedPostgres,
	TEST_MYSQL_URL: sharedMysql,
	TEST_DYNAMODB_URL: sharedDynamo,
};

/** AVA beside the servers that its tests share. What it reports is passed on and counted. */
const ava: Step = async options => {
	const started = await Promise.all(
		Object.entries(sharedServers).map(async ([name, start]) => ({name, server: await start()})),
	);
	const urls = Object.fromEntries(started.map(({name, server}) => [name, server.url]));
	const colors = process.stdout.isTTY ? {FORCE_COLOR: '1'} : {};
	const child = spawn('ava', options, {
		stdio: ['ignore', 'pipe', 'inherit'],
		env: {...process.env, ...colors, ...urls, TEST_CHROMIUM: findChromium()},
	});
	const ended = once(child, 'close');

	let passed = 0;
	let failed = 0;
	for await (const line of createInterface({input: child.stdout})) {
		console.log(line);
		const text = stripVTControlCharacters(line).trim();
		if (/^[✔√] /.test(text)) passed++;
		// Beside a failed test this is a file without tests, one that exited early, a time-out.
		if (/^[✘×] |^Uncaught exception in |^Unhandled rejection in /.test(text)) failed++;
	}

	const [code] = await ended;
	await Promise.all(started.map(({server}) => server.stop()));
	for (const {server} of started) if (server.note) console.log(server.note);
	// Whatever else AVA may complain about, and a run of no tests at all.
	if (failed === 0 && (code !== 0 || passed === 0)) failed = 1;
	return {passed, failed};
};

const steps: Readonly<Record<string, Step>> = {
	biome: command('biome', 'check', '--error-on-warnings', '.'),
	types: command('tsc', '--noEmit'),
	build: command('npm', 'run', '--silent', 'build'),
	ava,
};

const [flag, only, ...options] = process.argv.slice(2);
const chosen = flag === undefined ? Object.keys(steps) : [only];

let passed = 0;
let failed = 0;
for (const name of chosen) {
	const step = steps[name ?? ''];
	if (!step || (flag !== undefined && flag !== '--only')) {
		throw new TypeError(`Expected \`--only\` and one of ${Object.keys(steps).join(', ')}, got \`${flag} ${name}\``);
	}

	console.log(`\n── ${name}`);
	const startedAt = performance.now();
	const counts = await step(options);
	const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
	console.log(`── ${name}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s`);
	passed += counts.passed;
	failed += counts.failed;
}

process.exitCode = failed === 0 ? 0 : 1;
console.log(`\n${passed} passed, ${failed} failed`);
