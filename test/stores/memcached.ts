import test from 'ava';
import {MemcachedStore} from '../../source/stores/memcached.ts';
import {conforms, realTime} from '../helpers/conforms.ts';
import {connect} from '../helpers/memcached.ts';
import {startMemcached} from '../services/memcached.ts';

const traits = {keeps: true};
const single = startMemcached();
conforms(async t => new MemcachedStore(connect(t, (await single).url)), traits);
const servers = Promise.all([startMemcached(), startMemcached(), startMemcached()]);
conforms(
	async () => new MemcachedStore(`memcached://${(await servers).map(({port}) => `127.0.0.1:${port}`).join()}`),
	traits,
	{time: realTime(), prefix: 'three servers: '},
);
test.after.always(async () => {
	await Promise.all([await single, ...(await servers)].map(server => server.stop()));
});
