import {execFileSync} from 'node:child_process';
import {mkdtempSync} from 'node:fs';
import {rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {limit} from './helpers/order/limit.ts';
import {compile, compilers, copyProgram} from './helpers/types/typed-programs.ts';

// Each program of `helpers/types/programs/` says what compiles and, by `@ts-expect-error`, what must not. They are programs of their
// own because what one declares holds for all of its files. `package.ts` compiles them against the tarball, too.

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'koa-server-session-types-'));
test.after.always(() => rm(folder, {recursive: true, force: true}));

/** The declarations as they are published: built by this run already, or now. */
const distribution = join(process.env['TEST_TARBALL'] ? root : folder, 'distribution');

test.before(async t => {
	t.timeout(60_000);
	if (!process.env['TEST_TARBALL']) {
		const tsc = ['--project', join(root, 'tsconfig.build.json'), '--outDir', distribution];
		execFileSync(process.execPath, [...compilers['TypeScript 7'], ...tsc], {stdio: 'inherit'});
	}
	await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
	await writeFile(join(folder, 'package.json'), '{"type": "module"}');
});

const paths = {'koa-server-session': [join(distribution, 'index.d.ts')]};
const inTurn = limit(2);

/** Both compilers, and the faster one where `package.ts` asks the other. */
const [both, faster] = [Object.keys(compilers) as (keyof typeof compilers)[], ['TypeScript 7'] as const];

for (const [title, program, asked] of [
	['session data that is declared is typed everywhere', 'declared.ts', faster],
	['without a declaration everything is as untyped as Koa has it', 'undeclared.ts', faster],
	['data under the name of a member is refused', 'reserved.ts', both],
	['the types of koa-session may be there too', 'beside-koa-session.ts', both],
] as const) {
	for (const compiler of asked) {
		test(`${title}: ${compiler}`, async t => {
			await copyProgram(program, folder);
			t.is(await inTurn(() => compile(compiler, folder, [program], {paths})), '');
		});
	}
}
