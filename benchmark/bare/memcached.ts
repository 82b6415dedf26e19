import {MemcacheClient} from 'memcache-client';
import {parseMemcachedUrl} from '../../source/stores/memcached/url.ts';
import type {OpenBare} from './bare.ts';

/** `add`, `get`, `set`, `touch`, `delete`. */
export const bareMemcached: OpenBare = async url => {
	const {servers, cmdTimeout, connectTimeout, maxConnections} = parseMemcachedUrl(url);
	const [server = ''] = servers;
	const client = new MemcacheClient({server: {server, maxConnections}, cmdTimeout, connectTimeout, noDelay: true});
	const lifetime = (expiresAt: number) => Math.ceil((expiresAt - Date.now()) / 1000);
	return {
		create: (key, bytes, expiresAt) => client.add(key, bytes, {lifetime: lifetime(expiresAt)}),
		async read(key) {
			const {value} = (await client.get<Buffer>(key)) ?? {};
			return value;
		},
		update: (key, bytes, expiresAt) => client.set(key, bytes, {lifetime: lifetime(expiresAt)}),
		touch: (key, expiresAt) => client.touch(key, String(lifetime(expiresAt))),
		destroy: key => client.delete(key),
		close: async () => client.shutdown(),
	};
};
