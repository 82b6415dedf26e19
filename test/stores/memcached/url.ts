import {inspect} from 'node:util';
import test from 'ava';
import {SessionError} from '../../../source/errors.ts';
import {parseMemcachedUrl} from '../../../source/stores/memcached/url.ts';
import {MemcachedStore} from '../../../source/stores/memcached.ts';
import {checkUrl, open} from '../../../source/stores/open.ts';

const defaults = {cmdTimeout: 1000, connectTimeout: 1000, maxConnections: 4, maxItemSize: undefined};

test('a URL lists servers, with ports or without', t => {
	for (const [url, servers] of [
		['memcached://localhost', ['localhost:11211']],
		['MEMCACHED://127.0.0.1:1', ['127.0.0.1:1']],
		['memcached://one:11211,two.example-1.com:65535,three', ['one:11211', 'two.example-1.com:65535', 'three:11211']],
	] as const) {
		t.deepEqual(parseMemcachedUrl(url), {...defaults, servers});
	}
});

test('parameters are numbers for the client, and the size of items', t => {
	t.deepEqual(
		parseMemcachedUrl('memcached://one?cmdTimeout=300&connectTimeout=400&maxConnections=2&maxItemSize=2097152'),
		{servers: ['one:11211'], cmdTimeout: 300, connectTimeout: 400, maxConnections: 2, maxItemSize: 2_097_152},
	);
});

test('any other URL is refused at once, and a message about it shows nothing of it', t => {
	for (const [url, message] of [
		['redis://secret', /to begin with `memcached:\/\/`$/],
		['', /to begin with `memcached:\/\/`$/],
		['memcached:secret', /to be like `memcached:\/\/127\.0\.0\.1:11211`$/],
		['memcached://', /to list its servers as `host:port`/],
		['memcached://secret:0', /to list its servers/],
		['memcached://secret:65536', /to list its servers/],
		['memcached://secret,,secret', /to list its servers/],
		['memcached://secret/0', /to list its servers/],
		['memcached://secret:1:2', /to list its servers/],
		['memcached://secret\r\nflush_all', /begin|list its servers/],
		['memcached:///var/run/secret.sock', /to list its servers/],
		['memcached://user:secret@one', /to have no user and password/],
		['memcached://[::1]:11211', /to name no IPv6 address/],
		['memcached://one?cmdTimeout=0', /to have a `cmdTimeout` like `1000`$/],
		['memcached://one?maxItemSize=1m', /to have a `maxItemSize` like `1048576`$/],
		['memcached://one?maxItemSize=4096', /to have a `maxItemSize` like `1048576`$/],
		['memcached://one?secret=1', /no parameters but `cmdTimeout`, /],
	] as const) {
		const error = t.throws(() => new MemcachedStore(url), {instanceOf: SessionError, code: 'ERR_SESSION_STORE_URL'});
		t.regex(error.message, message, url);
		t.notRegex(inspect(error), /secret/);
	}
});

test('open() makes a store of it, with its size of items', async t => {
	const store = await open('memcached://one,two?maxItemSize=2097152');
	t.true(store instanceof MemcachedStore);
	t.is((store.maxBytes ?? 0) - (new MemcachedStore('memcached://one').maxBytes ?? 0), 2 ** 20);
	t.notThrows(() => checkUrl('memcached://one:11211'));
	t.throws(() => checkUrl('memcached://[::1]'), {code: 'ERR_SESSION_STORE_URL'});
});
