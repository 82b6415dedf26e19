/**
`npm test`: every check that a change must pass. Its last line is `N passed, N failed`.

`npm run ava -- test/events.ts` (that is, `--only ava test/events.ts`) runs one step; the rest goes to its command.
*/
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {availableParallelism, tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';
import type {FileReport} from './helpers/processes/file-report.ts';
import {findChromium} from './services/chromium.ts';
import {installMissing} from './services/install.ts';
import {type SharedServers, startSharedServers} from './services/shared.ts';

type Counts = {readonly passed: number; readonly failed: number};
type Step = (options: readonly string[]) => Promise<Counts>;

/** A step that is one check: a command that succeeds or doesn't. What it says comes in one piece, when it ends. */
const command =
	(name: string, ...args: readonly string[]): Step =>
	async options => {
		const child = spawn(name, [...args, ...options], {stdio: ['ignore', 'pipe', 'pipe']});
		const said: Buffer[] = [];
		for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => said.push(chunk));
		const [code] = await once(child, 'close');
		process.stdout.write(Buffer.concat(said));
		return code === 0 ? {passed: 1, failed: 0} : {passed: 0, failed: 1};
	};

/** Compiled code, so that each of some hundred workers and processes needn't compile the same modules. */
const compileCache = (): Readonly<Record<string, string>> => {
	// Coverage is less exact for code from a cache.
	if (process.env['NODE_V8_COVERAGE']) return {};
	return {NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/koa-server-session/compiled')};
};

/** Gathers what test files report: those that have begun and not ended, and what the others cost. */
const gather = (pipe: Readable) => {
	const running = new Set<string>();
	const ended: Required<FileReport>[] = [];
	createInterface({input: pipe}).on('line', line => {
		const {file, took} = JSON.parse(line) as FileReport;
		if (!took) running.add(file);
		else if (running.delete(file)) ended.push({file, took});
	});
	const mostOf = (kind: 'wall' | 'cpu'): string =>
		ended
			.toSorted((left, right) => right.took[kind] - left.took[kind])
			.slice(0, 6)
			.map(({file, took}) => `${file} ${took[kind].toFixed(1)} s`)
			.join(', ');
	return {running, say: () => console.log(`Longest: ${mostOf('wall')}\nMost CPU: ${mostOf('cpu')}`)};
};

/**
How long AVA may say nothing. It has a limit of its own, which a test puts off for all files by `t.timeout()`: then a file
that doesn't end keeps AVA waiting for good.
*/
const longestSilence = 5 * 60_000;

/** AVA beside the servers that its tests share. It reports by TAP, which is passed on; its last lines are its counts. */
const ava =
	(startServers: () => Promise<SharedServers>): Step =>
	async options => {
		const servers = await startServers();
		// One more than there are cores, since some files wait for time to pass.
		const files = String(availableParallelism() + 1);
		const child = spawn('ava', ['--tap', '--concurrency', files, ...options], {
			stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
			env: {
				...compileCache(),
				...process.env,
				...servers.urls,
				...packed.env(),
				TEST_CHROMIUM: findChromium(),
				TEST_PIPE: '3',
			},
		});
		const reports = gather(child.stdio[3] as Readable);
		const ended = once(child, 'close');

		const counts = {pass: 0, fail: 0};
		const failures: string[] = [];
		const skipped: string[] = [];
		let isOver = false;
		const lines = createInterface({input: child.stdout as Readable});
		const silence = setTimeout(() => {
			console.log(`AVA has said nothing for ${longestSilence / 60_000} minutes and is ended`);
			child.kill('SIGKILL');
			// What a test started may still hold the other end.
			for (const stream of child.stdio) stream?.destroy();
			lines.close();
		}, longestSilence);
		for await (const line of lines) {
			silence.refresh();
			console.log(line);
			if (line.startsWith('not ok ')) failures.push(line);
			const [, title] = /^ok \d+ - (.+) # SKIP$/.exec(line) ?? [];
			if (title) skipped.push(`Skipped: ${title}`);
			// The plan. What stands before it may be the words of a test.
			if (/^1\.\.\d+$/.test(line)) isOver = true;
			const [, kind, count] = /^# (pass|fail) (\d+)$/.exec(line) ?? [];
			if (isOver && kind) counts[kind as keyof typeof counts] = Number(count);
		}

		const [code] = await ended;
		clearTimeout(silence);
		await servers.stop();
		for (const line of [...failures, ...skipped, ...servers.notes]) console.log(line);
		for (const file of reports.running)
			console.log(`Did not end: ${file}. \`npx ava ${file}\` names its pending tests`);
		reports.say();
		// Whatever AVA complains about without counting it, files that kept it waiting, and a run of no tests at all.
		const isFaulty = code !== 0 || reports.running.size > 0 || counts.pass === 0;
		const failed = counts.fail === 0 && isFaulty ? 1 : counts.fail;
		return {passed: counts.pass, failed};
	};

/** What is published: one check that it can be built, and what test files try then. */
const packed = {
	folder: mkdtempSync(join(tmpdir(), 'koa-server-session-packed-')),
	/** Where it is, for files that would pack it themselves otherwise. */
	env(): Readonly<Record<string, string>> {
		const [tarball] = readdirSync(packed.folder);
		return tarball ? {TEST_TARBALL: join(packed.folder, tarball)} : {};
	},
};

const checks: Readonly<Record<string, Step>> = {
	biome: command('biome', 'check', '--error-on-warnings', '.'),
	types: command('tsc', '--noEmit', '--singleThreaded'),
	package: command('npm', 'pack', '--silent', '--pack-destination', packed.folder),
};

/** Runs a step and says what came of it. */
const run = async (name: string, step: Step, options: readonly string[] = []): Promise<Counts> => {
	const startedAt = performance.now();
	const counts = await step(options);
	const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
	console.log(`── ${name}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s\n`);
	return counts;
};

/** The checks at once, while the servers start; then AVA, some of whose files try what was packed. */
const runAll = async (): Promise<Counts[]> => {
	installMissing();
	const servers = startSharedServers();
	const checked = await Promise.all(Object.entries(checks).map(([name, step]) => run(name, step)));
	return [
		...checked,
		await run(
			'ava',
			ava(() => servers),
		),
	];
};

const runOne = async (flag: string, name = '', options: readonly string[] = []): Promise<Counts[]> => {
	const steps: Readonly<Record<string, Step>> = {...checks, ava: ava(startSharedServers)};
	const step = steps[name];
	if (step && flag === '--only') return [await run(name, step, options)];
	throw new TypeError(`Expected \`--only\` and one of ${Object.keys(steps).join(', ')}, got \`${flag} ${name}\``);
};

const [flag, only, ...options] = process.argv.slice(2);
const counts = await (flag === undefined ? runAll() : runOne(flag, only, options)).finally(() =>
	rmSync(packed.folder, {recursive: true}),
);
const sum = (kind: keyof Counts): number => counts.reduce((total, {[kind]: count}) => total + count, 0);

process.exitCode = sum('failed') === 0 ? 0 : 1;
console.log(`Took ${Math.round(performance.now() / 1000)} s on ${availableParallelism()} cores`);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
