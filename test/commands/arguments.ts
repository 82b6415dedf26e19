import test from 'ava';
import {readArguments} from '../../source/commands/arguments.ts';
import {type CommandOption, UsageError} from '../../source/commands/command.ts';
import {prefixOf} from '../../source/commands/prefix-option.ts';
import {readName} from '../../source/commands/session-name.ts';
import {storeOption, urlOf} from '../../source/commands/store-option.ts';
import {hashId, makeId} from '../../source/tokens/identifier.ts';

const options: Record<string, CommandOption> = {
	store: storeOption(),
	except: {type: 'string', value: 'ID', help: ''},
	json: {type: 'boolean', help: ''},
	help: {type: 'boolean', short: 'h', help: ''},
};
const argument = {name: 'ID', help: 'The session'};

const read = (...args: readonly string[]) => readArguments(args, options, argument);

test('options and an argument come in any order', t => {
	t.like(read('--store', 'a', 'x', '--json'), {values: {store: 'a', json: true}, argument: 'x'});
	t.like(read('x', '--store=a'), {values: {store: 'a'}, argument: 'x'});
	t.is(read('-', '--store=a').argument, '-');
	t.like(read('-h'), {values: {help: true}});
});

test('an id that begins with a dash is no option', t => {
	const id = `-${makeId().slice(1)}`;
	for (const given of [id, `${id}.signature`]) {
		t.like(read(given, '--store', 'a'), {values: {store: 'a'}, argument: given});
		t.like(read('--store', 'a', given, '--json'), {values: {store: 'a', json: true}, argument: given});
		t.like(read('x', '--store', 'a', '--except', given), {values: {except: given}, argument: 'x'});
	}
});

test('what is wrong is said without what it was, which may be an id or a password', t => {
	const [id, url] = [makeId(), 'postgres://user:secret@host/app'];
	const wrong: [string, string[]][] = [
		['Did you mean `--store`?', ['x', `--stroe=${url}`]],
		['Unknown option `--length`', ['x', '--length', '8']],
		['Expected `--json` without a value', ['x', `--json=${url}`]],
		['Expected `--store URL`', ['x']],
		['Expected `--store` to be followed by its value', ['x', '--store']],
		['as `--store=URL` if that begins with a dash', ['x', '--store', '--json']],
		['Expected options of two dashes', ['x', '-s', url]],
		['Expected options of two dashes', ['x', `--${id}`, '--store', url]],
		['Expected ID', ['--store', url]],
		['Expected one ID', [id, url, '--store', url]],
	];
	for (const [message, args] of wrong) {
		const error = t.throws(() => read(...args), {instanceOf: UsageError}, message);
		t.true(error.message.includes(message), error.message);
		t.false(error.message.includes(id) || error.message.includes('secret'), error.message);
	}
	t.throws(() => readArguments([url], options, undefined), {message: 'Expected no argument beside the options'});
});

test('a URL may come from the environment', t => {
	process.env['STORE_OF_TEST'] = 'memory:';
	t.is(urlOf({store: 'env:STORE_OF_TEST'}), 'memory:');
	t.is(urlOf({from: 'file:./sessions'}, 'from'), 'file:./sessions');
	t.throws(() => urlOf({store: 'env:NOT_SET_ANYWHERE'}), {instanceOf: UsageError, message: /as NOT_SET_ANYWHERE$/});
	t.throws(() => urlOf({store: 'env:'}), {instanceOf: UsageError});
});

test('a prefix is one that an application may have', t => {
	t.is(prefixOf({}), 'session:');
	t.is(prefixOf({prefix: ''}), '');
	for (const prefix of ['a b', 'é', 'x'.repeat(201)]) t.throws(() => prefixOf({prefix}), {instanceOf: UsageError});
});

test('an id is never taken for a handle, nor a handle for an id', async t => {
	const id = makeId();
	const handle = hashId(id);
	for (const [given, name] of [
		[id, {id}],
		[`${id}.signature`, {id}],
		[handle, {id: handle}],
		[`handle:${handle}`, {handle}],
		[`session:${handle}`, {handle}],
	] as const) {
		t.deepEqual(await readName(given, 'session:'), name);
	}
	t.deepEqual(await readName(id, ''), {id});

	for (const wrong of ['', `${id}x`, `${id}.`, id.slice(1), `other:${handle}`, `handle:${id}x`]) {
		const error = await t.throwsAsync(readName(wrong, 'session:'), {instanceOf: UsageError}, wrong);
		t.false(error?.message.includes(id) || error?.message.includes(handle));
	}
});
