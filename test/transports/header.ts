import test from 'ava';
import type {Context} from 'koa';
import {header} from '../../source/transports/header.ts';

/** A context as far as headers go. */
const contextOf = (given: Record<string, string> = {}) => {
	const sent: Record<string, string> = {};
	const ctx = {
		req: {headers: given},
		set(name: string, value: string) {
			sent[name] = value;
		},
	};
	return {ctx: ctx as unknown as Context, sent};
};

test('the name may be any header name, whatever its case', t => {
	for (const name of ['x-session', 'X-Session', 'Authorization', "!#$%&'*+-.^_`|~09azAZ"]) {
		t.is(header(name).name, name.toLowerCase());
		t.is(header(name).vary, name.toLowerCase());
		t.is(header(name).sets, name.toLowerCase());
	}
});

test('anything else is a TypeError at start-up', t => {
	for (const name of ['', 'x session', 'x:y', 'x\r\ny', 'x\0', 'é', undefined, null, 1, ['x-session'], {}]) {
		t.throws(() => header(name as string), {
			instanceOf: TypeError,
			message: /^Expected `name` to be a header such as `x-session`, got /,
		});
	}
});

test('the token is read from the header, and sent in it', t => {
	const transport = header('X-Session');
	const {ctx, sent} = contextOf({'x-session': 'token'});
	t.deepEqual(transport.read(ctx), ['token']);
	t.deepEqual(transport.read(contextOf().ctx), []);
	t.deepEqual(transport.read(contextOf({'x-session': ''}).ctx), [''], 'asked for, but there is none yet');
	t.true(transport.canWrite(ctx));
	transport.write(ctx, 'first', {expiresAt: 0, permanent: true});
	transport.write(ctx, 'second', {expiresAt: 0, permanent: false});
	t.deepEqual(sent, {'x-session': 'second'});
	transport.clear(ctx);
	t.deepEqual(sent, {'x-session': ''});
	t.is(transport.format(ctx, 'token'), 'token');
});
