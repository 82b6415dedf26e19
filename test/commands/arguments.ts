import test from 'ava';
import {readArguments} from '../../source/commands/arguments.ts';
import {type CommandOption, UsageError} from '../../source/commands/command.ts';
import {prefixOf} from '../../source/commands/prefix-option.ts';
import {readName} from '../../source/commands/session-name.ts';
import {storeOption, urlOf} from '../../source/commands/store-option.ts';
import {handleOf, makeId} from '../../source/tokens/identifier.ts';

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

test('an id that begins with a dash is not an option', t => {
	const id = `-${makeId().slice(1)}`;
	for (const given of [id, `${id}.signature`]) {
		t.like(read(given, '--store', 'a'), {values: {store: 'a'}, argument: given});
		t.like(read('--store', 'a', given, '--json'), {values: {store: 'a', json: true}, argument: given});
		t.like(read('x', '--store', 'a', '--except', given), {values: {except: given}, argument: 'x'});
	}
});

test('errors repeat nothing that may be an id or a password', t => {
	const [id, url] = [makeId(), 'postgres://user:secret@host/app'];
	const wrong: [string, string[]][] = [
		['Did you mean `--store`?', ['x', `--stroe=${url}`]],
		['Unknown option `--length`', ['x', '--length', '8']],
		['Expected `--json` without a value', ['x', `--json=${url}`]],
		['Expected `--store` once', ['x', '--store', url, `--store=${url}`]],
		['Expected `--except` once', ['x', '--except', id, '--store', url, '--except', id]],
		['Expected `--json` once', ['x', '--json', '--store', url, '--json']],
		['Expected `--store URL`', ['x']],
		['Expected a value after `--store`', ['x', '--store']],
		['begins with a dash, write `--store=URL`', ['x', '--store', '--json']],
		['begins with a dash, write `--store=URL`', ['x', '--store', '-h']],
		['Expected options with two dashes', ['x', '-s', url]],
		['Expected one ID', ['x', `--${id}`, '--store', url]],
		['Expected ID', ['--store', url]],
		['Expected one ID', [id, url, '--store', url]],
	];
	for (const [message, args] of wrong) {
		const error = t.throws(() => read(...args), {instanceOf: UsageError}, message);
		t.true(error.message.includes(message), error.message);
		t.false(error.message.includes(id) || error.message.includes('secret'), error.message);
	}
	t.throws(() => readArguments([url], options, undefined), {message: 'Expected no argument, only options'});
});

test('a URL may come from the environment', t => {
	process.env['STORE_OF_TEST'] = 'memory:';
	t.is(urlOf({store: 'env:STORE_OF_TEST'}), 'memory:');
	t.is(urlOf({from: 'file:./sessions'}, 'from'), 'file:./sessions');
	t.throws(() => urlOf({store: 'env:NOT_SET_ANYWHERE'}), {
		instanceOf: UsageError,
		message: /variable NOT_SET_ANYWHERE to hold the URL for `--store`$/,
	});
	t.throws(() => urlOf({store: 'env:'}), {instanceOf: UsageError});
});

test('a prefix is one that an application may have', t => {
	t.is(prefixOf({}), 'session:');
	t.is(prefixOf({prefix: ''}), '');
	for (const prefix of ['a b', 'é', 'x'.repeat(201)]) t.throws(() => prefixOf({prefix}), {instanceOf: UsageError});
});

test('an id is never taken for a handle, nor a handle for an id', async t => {
	const id = makeId();
	const handle = handleOf(id);
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

test('an argument is read as it was given, wherever it stands', t => {
	const id = `-${'-'.repeat(42)}`;
	t.is(read('--json', id, '--store', 'a').argument, id, 'dashes alone do not end the options');
	t.is(read('--store', 'a', '--', id).argument, id);
	t.is(read('--store=', 'x').values['store'], '');
	t.is(read('--store=--json', 'x').values['store'], '--json');
	t.is(read('x', '--except', '-', '--store', 'a').values['except'], '-');
	t.is(read(id, '--store', 'a', '-h').values['help'], true);
	for (const name of ['__proto__', 'constructor']) {
		t.throws(() => read('x', `--${name}`), {
			instanceOf: UsageError,
			message: /^(Unknown option|Expected options with)/,
		});
	}
});
